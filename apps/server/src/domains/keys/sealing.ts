import { hmacSha256, openField, sealField } from './ciphers.ts'
import { type DataKey, fieldKey, jointKey } from './data-key.ts'
import { DEFAULT_CLASS, type FieldLocation } from './rules.ts'

// What is done with data keys that were opened before: nothing here reads a key, so a thread can do it as well.

/** The field whose key contentDigest uses. */
export const CONTENT_FIELD = { table: 'audit_event_ids', column: 'content' }

/** Seals one field of one or several people (ascending by pseudonym). */
export function seal(
  tenantId: string,
  owners: readonly DataKey[],
  location: FieldLocation,
  plaintext: Uint8Array,
): Buffer {
  const key = jointKey(owners)
  return sealField(fieldKey(key, location), key, contextOf(tenantId, key.subject, location), plaintext)
}

/** Opens what seal sealed; throws when a byte or its place differs. */
export function open(
  tenantId: string,
  owners: readonly DataKey[],
  location: FieldLocation,
  envelope: Uint8Array,
): Buffer {
  const key = jointKey(owners)
  return openField(fieldKey(key, location), contextOf(tenantId, key.subject, location), envelope)
}

/** A digest of content that only who holds the owners' keys can make, so that it proves nothing once they are gone. */
export function contentDigest(owners: readonly DataKey[], content: string): Buffer {
  return hmacSha256(fieldKey(jointKey(owners), CONTENT_FIELD), content)
}

/** The field whose key keyedDigest uses. */
export const DIGEST_FIELD = { table: 'digests', column: 'text' }

/** A digest of what may name a person, so that nobody without the tenant's key can test a guess; `own` is that key. */
export function keyedDigest(own: DataKey, text: string | Uint8Array): Buffer {
  return hmacSha256(fieldKey(own, DIGEST_FIELD), text)
}

function contextOf(tenantId: string, subject: string, location: FieldLocation) {
  return { tenant: tenantId, ...location, subject, class: DEFAULT_CLASS }
}
