import { canonicalize } from '@probity/core'
import { z } from 'zod'
import { DomainError } from '../../../platform/errors.ts'
import type { Profile } from '../profile.ts'
import { nameFault } from '../rules.ts'
import type { PersonRow } from '../store-users.ts'
import { ENTERPRISE_USER, USER } from './attributes.ts'
import { fault } from './fault.ts'
import { isObject, type Resource, requireLine } from './resource.ts'

const address = z.email().max(254)

/** What an account is by a SCIM user; the rest of it is kept beside. Throws invalidValue. */
export function accountOf(resource: Resource): Profile {
  const username = String(resource.userName)
  requireLine('userName', username)
  const why = nameFault(username)
  if (why !== null) throw fault('invalidValue', `userName ${why}`)
  const email = emailsOf(resource)[primaryIn(resource)]?.value ?? username
  if (!address.safeParse(email).success)
    throw fault('invalidValue', 'the account needs an address: one of emails, or userName, must be a mail address')
  return { username, email: String(email), display_name: displayNameOf(resource) }
}

/** Whether the client says that the person may log in; it does where it says nothing. */
export function isActive({ active }: Resource): boolean {
  return active !== false
}

/** A SCIM user: what the client wrote, under what the account is now. */
export function personResource(
  row: PersonRow,
  profile: Profile,
  written: Resource,
  { groups, base }: { groups: { id: string; name: string }[]; base: string },
): Resource {
  const { schemas: _, ...rest } = written
  const resource: Resource = {
    schemas: [USER.id, ...(rest[ENTERPRISE_USER.id] === undefined ? [] : [ENTERPRISE_USER.id])],
    id: row.id,
    ...rest,
    userName: profile.username,
    ...(profile.display_name !== null && { displayName: profile.display_name }),
    active: row.status === 'active' || row.status === 'invited',
    emails: withAddress(written, profile.email),
    ...(groups.length > 0 && {
      groups: groups.map(({ id, name }) => ({
        value: id,
        $ref: `${base}/Groups/${id}`,
        display: name,
        type: 'direct',
      })),
    }),
  }
  if (profile.display_name === null) delete resource.displayName
  return { ...resource, meta: metaOf('User', row, `${base}/Users/${row.id}`) }
}

/** Whether two resources are the same in all that a client writes. */
export function isSame(one: Resource, other: Resource): boolean {
  return canonicalize(writable(one)) === canonicalize(writable(other))
}

function writable({ schemas: _, id: __, meta: ___, groups: ____, ...rest }: Resource): Resource {
  return rest
}

/** RFC 7643 §3.1 `meta`; the version is a weak entity tag, since what is derived of others is not in it. */
export function metaOf(
  resourceType: string,
  { created_at, updated_at, version }: { created_at: Date; updated_at: Date; version: number },
  location: string,
): Resource {
  const times = { created: created_at.toISOString(), lastModified: updated_at.toISOString() }
  return { resourceType, ...times, location, version: entityTag(version) }
}

export function entityTag(version: number): string {
  return `W/"${version}"`
}

/** Throws VERSION_MISMATCH where the client asked for another version than there is (RFC 7644 §3.14). */
export function requireMatch(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  if (!tagsOf(ifMatch).includes(String(version))) throw new DomainError('VERSION_MISMATCH', { version })
}

/** Whether one of the tags of an If-None-Match is the version's (RFC 9110 §13.1.2, weak comparison). */
export function isUnchanged(ifNoneMatch: string | undefined, version: number): boolean {
  return ifNoneMatch !== undefined && (ifNoneMatch.trim() === '*' || tagsOf(ifNoneMatch).includes(String(version)))
}

function tagsOf(header: string): string[] {
  return [...header.slice(0, 2_000).matchAll(/(?:W\/)?"([^"]*)"/g)].map(([, tag = '']) => tag)
}

function displayNameOf({ displayName, name }: Resource): string | null {
  const parts = isObject(name) ? [name.givenName, name.familyName].filter((part) => typeof part === 'string') : []
  const shown = displayName ?? (isObject(name) ? name.formatted : undefined) ?? (parts.join(' ') || null)
  if (shown === null || typeof shown !== 'string') return null
  requireLine('displayName', shown)
  return shown
}

function emailsOf({ emails }: Resource): Resource[] {
  return Array.isArray(emails) ? emails.filter(isObject) : []
}

/** The one that is the account's: the primary, or one for work, or the first. */
function primaryIn(resource: Resource): number {
  const emails = emailsOf(resource)
  const primary = emails.findIndex((one) => one.primary === true)
  if (primary !== -1) return primary
  return Math.max(
    0,
    emails.findIndex((one) => one.type === 'work'),
  )
}

function withAddress(written: Resource, email: string): Resource[] {
  const emails = emailsOf(written)
  if (emails.length === 0) return [{ value: email, type: 'work', primary: true }]
  const at = primaryIn(written)
  return emails.map((one, i) => (i === at ? { ...one, value: email } : one))
}
