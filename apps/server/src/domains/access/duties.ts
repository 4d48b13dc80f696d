import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { closureOf, leadingTo } from './rules.ts'
import { type Exclusion, impossibleRole } from './separation.ts'
import { listParents, type Parenthood } from './store.ts'
import { countBoth, type Holder, listExclusions, type Sides } from './store-exclusions.ts'

const EVERYBODY: Holder = { user_id: null, group_id: null }

// All of these look at what is written already, in a transaction that holds the version of the roles: what two at the same
// moment do, the second sees of the first.

/** After a grant: throws DUTIES_SEPARATED where whoever it reaches has now two roles that exclude each other. */
export async function requireSeparate(tx: Tx, { role_id, ...of }: Holder & { role_id: string }, at: Date) {
  const parents = await listParents(tx)
  const given = closureOf(parents, [role_id])
  for (const one of await listExclusions(tx)) {
    if (one.kind !== 'static' || (!given.has(one.role_id) && !given.has(one.other_role_id))) continue
    requireNobody(one, await countBoth(tx, sidesOf(parents, one), { at, of, before: null }))
  }
}

/** After the parents of a role were changed: the same of everybody who had not both before. */
export async function requireSeparateStill(tx: Tx, before: readonly Parenthood[], at: Date): Promise<void> {
  const exclusions = await listExclusions(tx)
  if (exclusions.length === 0) return
  const parents = await listParents(tx)
  for (const one of exclusions) {
    requirePossible(parents, one)
    if (one.kind !== 'static') continue
    const asked = { at, of: EVERYBODY, before: sidesOf(before, one) }
    requireNobody(one, await countBoth(tx, sidesOf(parents, one), asked))
  }
}

/** Throws DUTIES_SEPARATED with how many break an exclusion already. */
export async function requireUnbroken(tx: Tx, one: Exclusion, at: Date): Promise<void> {
  const parents = await listParents(tx)
  requirePossible(parents, one)
  if (one.kind !== 'static') return
  const counts = await countBoth(tx, sidesOf(parents, one), { at, of: EVERYBODY, before: null })
  requireNobody(one, counts, counts)
}

function requirePossible(parents: readonly Parenthood[], one: Exclusion): void {
  const role = impossibleRole(parents, one)
  if (role !== undefined) throw separated(one, { reason: 'a role has both by its parents', role })
}

// How many others there are is not for whoever gives a role; who makes an exclusion has to find them.
function requireNobody(one: Exclusion, { people, groups }: { people: number; groups: number }, told: object = {}) {
  if (people + groups > 0) throw separated(one, told)
}

function separated({ role_id, other_role_id }: Exclusion, more: object): DomainError {
  return new DomainError('DUTIES_SEPARATED', { roles: [role_id, other_role_id], ...more })
}

function sidesOf(parents: readonly Parenthood[], { role_id, other_role_id }: Exclusion): Sides {
  return { one: [...leadingTo(parents, role_id)], other: [...leadingTo(parents, other_role_id)] }
}
