import { decodeUtf8, encodeHex, encodeUtf8 } from './bytes.ts'
import type { Crypto } from './crypto.ts'
import { FormatError } from './errors.ts'
import { isUuid } from './ids.ts'
import { canonicalize, canonicalizeWithin, canonicalString, type Json } from './json.ts'
import { MAX_ENTRY_LENGTH } from './tile.ts'

export interface Actor {
  /** For a person a pseudonym (UUID). */
  id: string
  type: 'person' | 'service' | 'system'
}

export type Outcome = 'Success' | 'Failure' | 'Warning' | 'Information'

/** What the leaf says of a sealed part (formats §7). */
export interface SealedPart {
  /** Pseudonyms, ascending, at least one. */
  subjects: string[]
  /** Lower-case hex of sealedCommitment. */
  commit: string
}

/** One entry of a log (formats §1). */
export interface Leaf {
  v: 1
  event_id: string
  tenant_id: string
  /** Microseconds since 1970-01-01T00:00:00Z, by the source's clock. */
  occurred_at: number
  /** The same, by the server's clock. */
  received_at: number
  event_type: string
  actor: Actor | null
  session: string | null
  resource: string | null
  action: string | null
  outcome: Outcome
  /** 0 to 100. */
  risk_score: number | null
  data: { [member: string]: Json }
  sealed: SealedPart[]
}

const MEMBERS = 14
const COMMIT = /^[0-9a-f]{64}$/
const ACTOR_TYPES = new Set<unknown>(['person', 'service', 'system'])
const OUTCOMES = new Set<unknown>(['Success', 'Failure', 'Warning', 'Information'])

/**
 * The bytes of a leaf: its JCS form. Throws FormatError when a member is not as formats §1 asks, or the form has
 * more than 65,535 bytes.
 */
export function encodeLeaf(leaf: Leaf): Uint8Array {
  requireLeaf(leaf)
  return encoded(leaf, encodeUtf8(canonicalizeWithin(leaf.data, 1)))
}

/** encodeLeaf where the canonical form of `data` is known already, in UTF-8. */
export function encodeLeafAround(leaf: Omit<Leaf, 'data'>, data: Uint8Array): Uint8Array {
  requireMembers(leaf, MEMBERS - 1)
  return encoded(leaf, data)
}

function encoded(leaf: Omit<Leaf, 'data'>, data: Uint8Array): Uint8Array {
  const [before, after] = canonicalAround(leaf)
  const bytes = joined(before, data, after)
  if (bytes.length > MAX_ENTRY_LENGTH) throw tooLong()
  return bytes
}

const encoder = new TextEncoder()
let scratch = new Uint8Array(4096)

const SLAB = 131_072
let slab = new Uint8Array()
let used = 0

// Memory of their own for each few bytes costs more than to fill it; each byte is given away once.
function piece(length: number): Uint8Array {
  if (used + length > slab.length) {
    slab = new Uint8Array(Math.max(SLAB, length))
    used = 0
  }
  used += length
  return slab.subarray(used - length, used)
}

/** What stands before and after, in UTF-8, with the data between: encoded where there is room, then copied once. */
function joined(before: string, data: Uint8Array, after: string): Uint8Array {
  if (!before.isWellFormed() || !after.isWellFormed()) throw malformed('a text has a lone surrogate')
  const most = 3 * (before.length + after.length)
  if (most > scratch.length) scratch = new Uint8Array(2 * most)
  const head = encoder.encodeInto(before, scratch).written
  const tail = encoder.encodeInto(after, scratch.subarray(head)).written
  const bytes = piece(head + data.length + tail)
  bytes.set(scratch.subarray(0, head))
  bytes.set(data, head)
  bytes.set(scratch.subarray(head, head + tail), head + data.length)
  return bytes
}

/** The leaf that the bytes are. Throws FormatError unless they are byte for byte what encodeLeaf gives. */
export function parseLeaf(bytes: Uint8Array): Leaf {
  if (bytes.length > MAX_ENTRY_LENGTH) throw tooLong()
  const text = decodeUtf8(bytes)
  const leaf = parseObject(text)
  requireLeaf(leaf)
  if (canonicalLeaf(leaf) === text) return leaf
  throw new FormatError('LEAF_NOT_CANONICAL', 'the leaf is not in canonical form')
}

/** Lower-case hex of HMAC-SHA256(key = r, message = JCS(part)); `r` are 32 random bytes (formats §7). */
export function sealedCommitment(crypto: Crypto, r: Uint8Array, part: Json): string {
  return commitmentTo(crypto, r, encodeUtf8(canonicalize(part)))
}

/** sealedCommitment where the canonical form of the part is known already. */
export function commitmentTo(crypto: Crypto, r: Uint8Array, canonical: Uint8Array): string {
  return encodeHex(crypto.hmacSha256(r, canonical))
}

// RFC 8785 for an object whose members are known: no sorting, and what is known to be plain is not looked at.
function canonicalLeaf(leaf: Leaf): string {
  const [before, after] = canonicalAround(leaf)
  return before + canonicalizeWithin(leaf.data, 1) + after
}

/** What stands before and after the data. */
function canonicalAround(leaf: Omit<Leaf, 'data'>): [before: string, after: string] {
  const { action, actor, outcome, resource, sealed, session } = leaf
  const who = actor === null ? 'null' : `{"id":${canonicalString(actor.id)},"type":"${actor.type}"}`
  return [
    `{"action":${canonicalText(action)},"actor":${who},"data":`,
    `,"event_id":"${leaf.event_id}","event_type":${canonicalString(leaf.event_type)},` +
      `"occurred_at":${leaf.occurred_at},"outcome":"${outcome}","received_at":${leaf.received_at},` +
      `"resource":${canonicalText(resource)},"risk_score":${leaf.risk_score},"sealed":[${sealed.map(canonicalPart)}],` +
      `"session":${canonicalText(session)},"tenant_id":"${leaf.tenant_id}","v":1}`,
  ]
}

function canonicalPart({ commit, subjects }: SealedPart): string {
  return `{"commit":"${commit}","subjects":["${subjects.join('","')}"]}`
}

function canonicalText(text: string | null): string {
  return text === null ? 'null' : canonicalString(text)
}

type Unknown<T> = { [K in keyof T]?: unknown }

function requireLeaf(leaf: Unknown<Leaf>): asserts leaf is Leaf {
  requireMembers(leaf, MEMBERS)
  check(isObject(leaf.data), 'data')
}

/** All members but `data`, and how many there are. */
function requireMembers(leaf: Unknown<Leaf>, count: number): void {
  if (Object.keys(leaf).length !== count) throw malformed(`not ${count} members`)
  check(leaf.v === 1, 'v')
  check(isUuid(leaf.event_id), 'event_id')
  check(isUuid(leaf.tenant_id), 'tenant_id')
  check(Number.isSafeInteger(leaf.occurred_at), 'occurred_at')
  check(Number.isSafeInteger(leaf.received_at), 'received_at')
  check(isEventType(leaf.event_type), 'event_type')
  check(leaf.actor === null || isActor(leaf.actor), 'actor')
  check(isTextOrNull(leaf.session), 'session')
  check(isTextOrNull(leaf.resource), 'resource')
  check(isTextOrNull(leaf.action), 'action')
  check(OUTCOMES.has(leaf.outcome), 'outcome')
  check(leaf.risk_score === null || isRiskScore(leaf.risk_score), 'risk_score')
  check(Array.isArray(leaf.sealed) && leaf.sealed.every(isSealedPart), 'sealed')
}

function isActor(actor: unknown): boolean {
  if (!isObject(actor) || Object.keys(actor).length !== 2 || !ACTOR_TYPES.has(actor.type)) return false
  return actor.type === 'person' ? isUuid(actor.id) : typeof actor.id === 'string'
}

function isSealedPart(part: unknown): boolean {
  if (!isObject(part) || Object.keys(part).length !== 2) return false
  const { commit, subjects } = part
  if (typeof commit !== 'string' || !COMMIT.test(commit)) return false
  if (!Array.isArray(subjects) || subjects.length === 0 || !subjects.every(isUuid)) return false
  return subjects.every((subject, i) => i === 0 || (subjects[i - 1] ?? '') < subject)
}

// Characters are Unicode code points; most texts are short enough without counting them.
function isEventType(text: unknown): boolean {
  if (typeof text !== 'string' || text.length === 0) return false
  return text.length <= 255 || (text.length <= 510 && [...text].length <= 255)
}

function isRiskScore(score: unknown): boolean {
  return Number.isInteger(score) && Number(score) >= 0 && Number(score) <= 100
}

function isTextOrNull(text: unknown): boolean {
  return text === null || typeof text === 'string'
}

function isObject(value: unknown): value is { [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseObject(text: string): Unknown<Leaf> {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    throw malformed('not JSON')
  }
  throw malformed('not an object')
}

function check(condition: boolean, member: string): void {
  if (!condition) throw malformed(member)
}

function malformed(message: string): FormatError {
  return new FormatError('LEAF_MALFORMED', `the leaf is malformed: ${message}`)
}

function tooLong(): FormatError {
  return new FormatError('LEAF_TOO_LONG', `the leaf has more than ${MAX_ENTRY_LENGTH} bytes`)
}
