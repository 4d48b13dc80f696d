import { type DataKey, type Keys, open, seal } from '../keys/index.ts'
import { normalizeName } from './rules.ts'
import type { Profiled } from './store-users.ts'

/** What is personal of a user; it stands in the database sealed, and is found by blind index. */
export interface Profile {
  username: string
  email: string
  display_name: string | null
}

/** Seals a profile under the user's key, which is made where there is none, and notes the names that lead to it. */
export async function sealProfile(keys: Keys, tenantId: string, id: string, profile: Profile): Promise<Profiled> {
  const { username, email } = profile
  const [key] = await keys.subjects.resolve(tenantId, [{ id, aliases: [username, email], addresses: [] }])
  if (!key) throw new Error('a user has no data key')
  return {
    username_index: await keys.blindIndex(tenantId, 'username', normalizeName(username)),
    email_index: await keys.blindIndex(tenantId, 'email', normalizeName(email)),
    profile_sealed: seal(tenantId, [key], locationOf(id), Buffer.from(JSON.stringify(profile))),
  }
}

/** Opens the profiles of people who are not erased, in order. */
export async function openProfiles(
  keys: Keys,
  tenantId: string,
  rows: readonly { id: string; profile_sealed: Buffer }[],
): Promise<Profile[]> {
  const found = await keys.subjects.resolve(
    tenantId,
    rows.map(({ id }) => ({ id, aliases: [], addresses: [] })),
  )
  return rows.map((row, i) => opened(tenantId, found[i], row))
}

/** What a name or address is found by, whichever of the two it is. */
export async function namesOf(keys: Keys, tenantId: string, name: string): Promise<Buffer[]> {
  const normalized = normalizeName(name)
  return [await keys.blindIndex(tenantId, 'username', normalized), await keys.blindIndex(tenantId, 'email', normalized)]
}

function opened(tenantId: string, key: DataKey | undefined, row: { id: string; profile_sealed: Buffer }): Profile {
  if (!key) throw new Error('a user has no data key')
  const text = open(tenantId, [key], locationOf(row.id), row.profile_sealed).toString()
  return { display_name: null, ...JSON.parse(text) } // it was written here; before there were display names, without one
}

function locationOf(row: string) {
  return { table: 'security_users', column: 'profile_sealed', row }
}
