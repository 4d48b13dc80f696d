import {
  canonicalize,
  encodeHex,
  encodeUtf8,
  isUuid,
  type Json,
  openNote,
  openReceipt,
  parseReceipt,
  RECEIPT_HEADER,
  type VerifierKey,
} from '@probity/core'
import { requireTenant } from './agreement.ts'
import { anchoredBy } from './anchored.ts'
import type { VerifierCrypto } from './crypto.ts'
import { verifiedEntry } from './receipt.ts'
import { notVerified, Refusal, type Result } from './result.ts'

/** First line of a certificate of erasure. */
export const CERTIFICATE_HEADER = 'probity-erasure/1'

interface Statement {
  event_id: string
  keys_destroyed: string[]
  receipt_sha256: string
  subjects: string[]
}

/**
 * Verifies a certificate of erasure (formats §12) against trusted keys: what the log's key signed, and that the log
 * holds the entry which says the same. Never throws.
 */
export function verifyCertificate(text: string, keys: readonly VerifierKey[], crypto: VerifierCrypto): Result {
  try {
    const { note, receipt } = split(text)
    const signed = openNote(note, keys, crypto)
    const statement = readStatement(signed.text)
    const opened = openReceipt(receipt, keys, crypto)
    const { leaf, index, checkpoint } = opened
    requireTenant(checkpoint.origin, leaf.tenant_id, index)
    if (!signed.keys.some(({ name }) => name === checkpoint.origin)) throw refused('it is signed for another log')
    if (statement.receipt_sha256 !== encodeHex(crypto.sha256(encodeUtf8(receipt))))
      throw refused('it is of another receipt')
    const { subjects, keys_destroyed } = leaf.data
    const same = canonicalize([statement.event_id, statement.subjects, statement.keys_destroyed])
    if (
      leaf.event_type !== 'subject.erased' ||
      canonicalize([leaf.event_id, subjects ?? null, keys_destroyed ?? null]) !== same
    )
      throw refused('the entry says something else')
    const anchored = anchoredBy(parseReceipt(receipt).checkpoint, keys, crypto)
    const erased = { subjects: statement.subjects, keys_destroyed: statement.keys_destroyed }
    return { ...verifiedEntry('certificate', opened, anchored), erased }
  } catch (error) {
    return notVerified(error)
  }
}

function split(text: string): { note: string; receipt: string } {
  const at = text.indexOf(`\n${RECEIPT_HEADER}\n`)
  if (at === -1) throw refused('the receipt of the entry is missing')
  return { note: text.slice(0, at), receipt: text.slice(at + 1) }
}

function readStatement(text: string): Statement {
  const [header, line = '', rest, ...more] = text.split('\n')
  if (header !== CERTIFICATE_HEADER || rest !== '' || more.length > 0) throw refused('it is not one statement')
  const value = parse(line)
  if (canonicalize(value) !== line) throw refused('its statement is not canonical')
  const statement = value as Partial<Statement>
  const known =
    isUuid(statement.event_id) &&
    isUuids(statement.subjects) &&
    isUuids(statement.keys_destroyed) &&
    typeof statement.receipt_sha256 === 'string'
  if (!known) throw refused('a member of its statement is missing or wrong')
  return statement as Statement
}

function parse(line: string): Json {
  try {
    const value: Json = JSON.parse(line)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // told below
  }
  throw refused('its statement is not a JSON object')
}

function isUuids(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isUuid)
}

function refused(why: string): Refusal {
  return new Refusal('CERTIFICATE_INVALID', null, `the certificate does not hold: ${why}`)
}
