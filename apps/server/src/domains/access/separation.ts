import { closureOf } from './rules.ts'

/** Two roles that exclude each other: nobody has both (static), or nobody uses both at once (dynamic). ANSI INCITS 359-2004, SSD and DSD. */
export interface Exclusion {
  kind: 'static' | 'dynamic'
  role_id: string
  other_role_id: string
}

/** Roles of a tenant, as far as it takes to tell which count together. */
export interface Duties {
  parents: readonly { role_id: string; parent_id: string }[]
  exclusions: readonly Exclusion[]
}

/** What counts of roles that somebody has. */
export interface Counting {
  /** Those that do, with their parents. */
  roles: ReadonlySet<string>
  /** Those that would, if no two of them excluded each other. */
  lost: ReadonlySet<string>
  /** Exclusions because of which they do not. */
  broken: readonly Exclusion[]
}

/**
 * Of somebody who has the roles `held`, and those of them that were given `here`: what counts. Of an exclusion that they
 * break neither role does, nor what has one of the two as parent: which of them is the wrong one nobody knows.
 * `active`: only these, with their parents; undefined: all.
 */
export function countingOf(
  duties: Duties,
  { held, here, active }: { held: readonly string[]; here: readonly string[]; active?: readonly string[] | undefined },
): Counting {
  const named = active === undefined ? here : activeOf(duties, here, active)
  const had = brokenBy(duties, held, 'static')
  const apart = named.filter((role) => isApart(duties, role, had))
  const used = brokenBy(duties, apart, 'dynamic')
  const left = apart.filter((role) => isApart(duties, role, used))
  const roles = closureOf(duties.parents, left)
  if (left.length === named.length) return { roles, lost: new Set(), broken: [] }
  const lost = [...closureOf(duties.parents, named)].filter((role) => !roles.has(role))
  return { roles, lost: new Set(lost), broken: [...had, ...used] }
}

/** Nobody makes a role active that they have not, themselves or as a parent. */
function activeOf({ parents }: Duties, here: readonly string[], active: readonly string[]): readonly string[] {
  const all = closureOf(parents, here)
  return active.filter((role) => all.has(role))
}

/** Exclusions that whoever has these roles breaks. */
export function brokenBy(
  { parents, exclusions }: Duties,
  held: readonly string[],
  kind: Exclusion['kind'],
): readonly Exclusion[] {
  if (exclusions.length === 0) return []
  const all = closureOf(parents, held)
  return exclusions.filter((one) => one.kind === kind && hasBoth(all, one))
}

/** Whether a role is none of those of some exclusions, and has none of them as parent. */
export function isApart({ parents }: Pick<Duties, 'parents'>, role: string, broken: readonly Exclusion[]): boolean {
  if (broken.length === 0) return true
  const all = closureOf(parents, [role])
  return broken.every(({ role_id, other_role_id }) => !all.has(role_id) && !all.has(other_role_id))
}

/** The role, if there is one, that cannot be had or used: it has the permissions of both. */
export function impossibleRole(parents: Duties['parents'], one: Exclusion): string | undefined {
  const own = [one.role_id, one.other_role_id]
  const candidates = one.kind === 'static' ? [...own, ...parents.map(({ role_id }) => role_id)] : own
  return candidates.find((role) => hasBoth(closureOf(parents, [role]), one))
}

function hasBoth(roles: ReadonlySet<string>, { role_id, other_role_id }: Exclusion): boolean {
  return roles.has(role_id) && roles.has(other_role_id)
}
