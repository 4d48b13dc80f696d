import {
  canonicalize,
  decodeUtf8,
  type Json,
  type Leaf,
  type PartPayload,
  parseStrict,
  sealedCommitment,
} from '@probity/core'
import type { VerifierCrypto } from './crypto.ts'
import { Refusal, refusalOf } from './result.ts'

const JSON_POINTER = /^(\/([^~/]|~[01])*)*$/ // RFC 6901 §3

/** Checks an opened part against the commitment in its leaf (formats §7); throws Refusal with the leaf's index. */
export function checkPart(crypto: VerifierCrypto, { index, part, r, text }: PartPayload, leaf: Leaf | undefined): void {
  const sealed = leaf?.sealed[part]
  if (!sealed) throw new Refusal('PART_UNKNOWN', index, `entry ${index} has no sealed part ${part}`)
  const opened = parsePart(text, index, part)
  if (sealedCommitment(crypto, r, opened) === sealed.commit) return
  throw new Refusal('PART_CHANGED', index, `part ${part} of entry ${index} is not the one that was sealed`)
}

function parsePart(bytes: Uint8Array, index: number, part: number): Json {
  const malformed = (why: string) => new Refusal('PART_MALFORMED', index, `part ${part} of entry ${index}: ${why}`)
  try {
    const text = decodeUtf8(bytes)
    const value = parseStrict(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('not an object')
    if (!Object.keys(value).every((name) => JSON_POINTER.test(name))) throw malformed('a name that is no pointer')
    if (canonicalize(value) !== text) throw malformed('not in canonical form')
    return value
  } catch (error) {
    throw malformed(refusalOf(error).message)
  }
}
