import { type Permit, partsOf, SCOPE_PERMITS } from '@probity/contract'
import { mayDo, type Principal } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { matches } from './permissions.ts'
import { closureOf } from './rules.ts'
import { listParents, listPermissions } from './store.ts'

const { 'platform:operate': _, 'identity:provision': __, ...OPENABLE } = SCOPE_PERMITS
/** What roles can open in Probity: nothing of operators, who stand above tenants, and nothing of directories. */
export const OPENABLE_PERMITS: readonly Permit[] = Object.values(OPENABLE).flat()

/** What some roles open of Probity with their parents, whatever their conditions and wherever they are given. */
export async function openedBy(tx: Tx, roleIds: readonly string[]): Promise<readonly Permit[]> {
  if (roleIds.length === 0) return []
  // Not by the model: where roles are being changed, it is one that may never be.
  const all = closureOf(await listParents(tx), roleIds)
  const permissions = await listPermissions(tx, [...all])
  return OPENABLE_PERMITS.filter((permit) => {
    const { type, action } = partsOf(permit)
    return permissions.some((one) => matches(one, action, { resource_type: type, resource_id: null }))
  })
}

/** Nobody opens of Probity what they may not do there themselves. Throws GRANT_REFUSED. */
export async function requireHolds(tx: Tx, principal: Principal, roleIds: readonly string[]): Promise<void> {
  const beyond = (await openedBy(tx, roleIds)).filter((permit) => !mayDo(principal, permit))
  if (beyond.length > 0)
    throw new DomainError('GRANT_REFUSED', {
      reason: 'it opens more of Probity than you may yourself',
      permits: beyond,
    })
}
