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
  const found = await keysOfPeople(keys, tenantId, rows)
  return rows.map((row, i) => openProfile(tenantId, found[i], row))
}

/** Opens one, by its person's key. */
export function openProfile(
  tenantId: string,
  key: DataKey | undefined,
  row: { id: string; profile_sealed: Buffer },
): Profile {
  if (!key) throw new Error('a user has no data key')
  const text = open(tenantId, [key], locationOf(row.id), row.profile_sealed).toString()
  return { display_name: null, ...JSON.parse(text) } // it was written here; before there were display names, without one
}

/** The data keys of people, in order. */
export function keysOfPeople(keys: Keys, tenantId: string, people: readonly { id: string }[]): Promise<DataKey[]> {
  return keys.subjects.resolve(
    tenantId,
    people.map(({ id }) => ({ id, aliases: [], addresses: [] })),
  )
}

/** The data key of one person. */
export async function keyOfPerson(keys: Keys, tenantId: string, id: string): Promise<DataKey> {
  const [key] = await keysOfPeople(keys, tenantId, [{ id }])
  if (!key) throw new Error('a user has no data key')
  return key
}

/** What a name or address is found by, whichever of the two it is. */
export async function namesOf(keys: Keys, tenantId: string, name: string): Promise<Buffer[]> {
  const normalized = normalizeName(name)
  return [await keys.blindIndex(tenantId, 'username', normalized), await keys.blindIndex(tenantId, 'email', normalized)]
}

/** The same of both that somebody goes by. */
export async function namesOfProfile(keys: Keys, tenantId: string, { username, email }: Profile): Promise<Buffer[]> {
  return [...(await namesOf(keys, tenantId, username)), ...(await namesOf(keys, tenantId, email))]
}

function locationOf(row: string) {
  return { table: 'security_users', column: 'profile_sealed', row }
}
