import { createHash, randomBytes } from 'node:crypto'
import type { ErrorCode } from '@probity/contract'
import {
  canonicalize,
  encodeLeaf,
  FormatError,
  type Json,
  type Leaf,
  leafHash,
  MAX_ENTRY_LENGTH as MAXIMUM_LEAF,
  sealedCommitment,
} from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Clock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import type { DataKey, Identity, Keys } from '../keys/index.ts'
import type { ObservedEvent, Person } from './formats/observed-event.ts'
import { redact } from './formats/redact.ts'
import { partLocation } from './rules.ts'

/** An event made ready for the log: nothing personal is in it but under keys. */
export interface Prepared {
  tenantId: string
  eventId: string
  leaf: Leaf
  bytes: Uint8Array
  hash: Buffer
  /** Digest of the content as sent; null where the id is of our making and cannot come again. */
  content: Buffer | null
  parts: { subjects: string[]; envelope: Buffer }[]
}

/** An event that was not taken, and why. */
export interface Refused {
  status: 'refused'
  code: ErrorCode
  message: string
  pointer?: string
}

/**
 * Seals, canonicalises and hashes events. Data that a leaf can't hold goes into a sealed part of the tenant's own;
 * an event that is too long even so is refused alone.
 */
export async function prepare(
  dependencies: { keys: Keys; clock: Clock },
  tenantId: string,
  events: readonly ObservedEvent[],
): Promise<(Prepared | Refused)[]> {
  const redacted = events.map((event) => ({ event, ...redact(event) }))
  const owners = await resolveOwners(dependencies.keys, tenantId, redacted)
  return Promise.all(
    redacted.map(async (item, i) => {
      const people = owners[i] ?? new Map()
      const prepared = prepareOne(dependencies, tenantId, item, people, null)
      if (prepared) return prepared
      const own = await dependencies.keys.subjects.ownKey(tenantId)
      return prepareOne(dependencies, tenantId, item, people, own) ?? TOO_LARGE
    }),
  )
}

const TOO_LARGE: Refused = {
  status: 'refused',
  code: 'ENTRY_TOO_LARGE',
  message: `without its data the event is still larger than an entry can be (${MAXIMUM_LEAF} bytes)`,
}

type Redacted = ReturnType<typeof redact> & { event: ObservedEvent }

/** Data keys of the people in each event; -1 is the actor, as in ObservedEvent. */
async function resolveOwners(
  keys: Keys,
  tenantId: string,
  items: readonly Redacted[],
): Promise<Map<number, DataKey>[]> {
  const wanted = items.map((item) => peopleOf(item))
  const identities = wanted.flatMap((people) => [...people.values()])
  if (identities.length === 0) return wanted.map(() => new Map())
  const resolved = await keys.subjects.resolve(tenantId, identities)
  let at = 0
  return wanted.map((people) => new Map([...people.keys()].map((person) => [person, resolved[at++] as DataKey])))
}

function peopleOf({ event, parts }: Redacted): Map<number, Identity> {
  const indexes = new Set(parts.flatMap((part) => part.people))
  if (event.actor?.type === 'person') indexes.add(-1)
  const people = new Map<number, Identity>()
  for (const index of indexes) {
    const person = index === -1 ? event.actor : event.people[index]
    if (person) people.set(index, identityOf(person, event, index))
  }
  return people
}

function identityOf(person: Person, event: ObservedEvent, index: number): Identity {
  const addresses = event.personal
    .filter((one) => one.person === index)
    .flatMap((one) => addressesAt(event, one.pointer))
  return { id: person.id, aliases: person.aliases, addresses: [...new Set(addresses)] }
}

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/

function addressesAt(event: ObservedEvent, pointer: string): string[] {
  const value = valueAt({ data: event.data }, pointer)
  const values = Array.isArray(value) ? value : [value]
  return values.filter((one): one is string => typeof one === 'string' && one.length <= 45 && ADDRESS.test(one))
}

/** What an RFC 6901 pointer leads to. */
export function valueAt(root: Json, pointer: string): Json | undefined {
  let value: Json | undefined = root
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined
    value = (value as { [member: string]: Json })[key]
  }
  return value
}

// `overflow`: the key of the part that takes the data; null: the leaf holds it. Answers null when the leaf can't.
function prepareOne(
  { keys, clock }: { keys: Keys; clock: Clock },
  tenantId: string,
  { event, clear, parts }: Redacted,
  owners: Map<number, DataKey>,
  overflow: DataKey | null,
): Prepared | null {
  const received = clock.now()
  const eventId = event.event_id ?? newId(received)
  const personal = parts.map(({ people, members }) => ({ holders: holdersOf(owners, people), members }))
  const all = overflow ? [{ holders: [overflow], members: { '/data': clear.data } }, ...personal] : personal
  const sealed = all.map(({ holders, members }, i) => {
    const text = canonicalize(members)
    const r = randomBytes(32)
    const envelope = keys.seal(tenantId, holders, partLocation(eventId, i), Buffer.concat([r, Buffer.from(text)]))
    const subjects = holders.map((key) => key.subject)
    return { holders, text, subjects, envelope, commit: sealedCommitment(nodeCrypto, r, members) }
  })
  const actor = clear.actor
  const leaf: Leaf = {
    v: 1,
    event_id: eventId,
    tenant_id: tenantId,
    occurred_at: event.occurred_at ?? received,
    received_at: received,
    event_type: clear.event_type,
    actor:
      actor === null
        ? null
        : actor.type === 'person'
          ? { id: ownerOf(owners, -1).subject, type: 'person' }
          : { id: actor.id, type: actor.type },
    session: clear.session,
    resource: clear.resource,
    action: clear.action,
    outcome: clear.outcome,
    risk_score: clear.risk_score,
    data: overflow ? {} : clear.data,
    sealed: sealed.map(({ subjects, commit }) => ({ subjects, commit })),
  }
  const bytes = encodeOrNull(leaf)
  if (bytes === null) return null
  return {
    tenantId,
    eventId,
    leaf,
    bytes,
    hash: Buffer.from(leafHash(nodeCrypto.sha256, bytes)),
    content:
      event.event_id === null
        ? null
        : contentDigest(
            keys,
            event,
            { ...clear, actor: actor && { ...actor, id: actor.type === 'person' ? '' : actor.id } },
            overflow ? sealed.slice(1) : sealed,
          ),
    parts: sealed.map(({ subjects, envelope }) => ({ subjects, envelope })),
  }
}

function encodeOrNull(leaf: Leaf): Uint8Array | null {
  try {
    return encodeLeaf(leaf)
  } catch (error) {
    if (error instanceof FormatError && error.code === 'LEAF_TOO_LONG') return null
    throw error
  }
}

/** Keys of the people that a part belongs to, ascending by pseudonym. */
function holdersOf(owners: Map<number, DataKey>, people: readonly number[]): DataKey[] {
  const holders = people.map((person) => ownerOf(owners, person))
  return [...new Map(holders.map((key) => [key.subject, key])).values()].sort((a, b) =>
    a.subject < b.subject ? -1 : 1,
  )
}

function ownerOf(owners: Map<number, DataKey>, person: number): DataKey {
  const key = owners.get(person)
  if (!key) throw new Error('a sealed part names a person that the event does not have')
  return key
}

// The clear part can be hashed as it is; the personal part only under its owners' keys, or the digest would let
// who reads the table guess what was erased.
function contentDigest(
  keys: Keys,
  event: ObservedEvent,
  clear: ReturnType<typeof redact>['clear'],
  sealed: { holders: DataKey[]; text: string }[],
): Buffer {
  const hash = createHash('sha256').update(canonicalize({ ...clear, occurred_at: event.occurred_at }))
  for (const part of sealed) hash.update(keys.contentDigest(part.holders, part.text))
  return hash.digest().subarray(0, 16)
}
