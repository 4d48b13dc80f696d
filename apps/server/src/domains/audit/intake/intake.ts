import { createHash } from 'node:crypto'
import {
  canonicalize,
  commitmentTo,
  decodeUtf8,
  encodeLeafAround,
  encodeUtf8,
  FormatError,
  isUuid,
  type Json,
  type Leaf,
  leafHash,
  MAX_ENTRY_LENGTH as MAXIMUM_LEAF,
  uuidFromDigest,
} from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { randomPiece } from '../../../platform/random.ts'
import { contentDigest, type DataKey, type Identity, keyedDigest, seal } from '../../keys/index.ts'
import { ownEventId } from '../event-id.ts'
import type { ObservedEvent, Person } from '../formats/observed-event.ts'
import { isRedacted, type PlainEvent, type ReadableEvent } from '../formats/plain-event.ts'
import { valueAt } from '../formats/pointer.ts'
import { redact } from '../formats/redact.ts'
import { searchKeys } from '../leaf-run.ts'
import { partLocation } from '../rules.ts'
import type { Prepared, Refused } from './prepared.ts'

/** What Intake.seal needs beside the events. */
export interface Sealing {
  tenantId: string
  /** Time of receipt of the next event, microseconds; never the same twice. */
  received(): number
  /** Keys of `identities`, in order. */
  keys: readonly DataKey[]
  /** The tenant's own key, for data that a leaf can't hold and ids that are no UUIDs; null: such an event is answered with null. */
  own: DataKey | null
}

/**
 * Events without anything personal in them, before the keys of their people are known. Reads no key and no clock, so
 * that it can work in a thread: `identities` are resolved elsewhere, then `seal` makes the leaves.
 */
export class Intake {
  readonly #items: Item[]
  readonly #people = new People()

  constructor(events: readonly ReadableEvent[]) {
    this.#items = events.map((event) => {
      if (isRedacted(event)) {
        const { clear, person } = event
        if (person === null) return { clear, parts: [], people: NOBODY }
        const people = this.#people.actor(person.id, Object.values(person.sealed))
        return { clear, parts: [{ people: [-1], members: person.sealed }], people }
      }
      const { clear, parts } = redact(event)
      return {
        clear: { ...clear, data: encodeUtf8(canonicalize(clear.data)) },
        parts,
        people: this.#people.of(event, parts),
      }
    })
  }

  /** Everybody whose key is needed, each once. */
  get identities(): Identity[] {
    return this.#people.all
  }

  /** Seals, canonicalises and hashes; each event by itself is prepared, refused, or null where `own` was needed. */
  seal(sealing: Sealing): (Prepared | Refused | null)[] {
    return this.#items.map((item) => sealOne(sealing, item))
  }
}

const TOO_LARGE: Refused = {
  status: 'refused',
  code: 'ENTRY_TOO_LARGE',
  message: `without its data the event is still larger than an entry can be (${MAXIMUM_LEAF} bytes)`,
}

const NOBODY: Item['people'] = new Map()

interface Item {
  clear: PlainEvent
  parts: ReturnType<typeof redact>['parts']
  /** From a person of the event (-1 is the actor) to a place in `identities`. */
  people: Map<number, number>
}

/** Everybody in some events, each once, with all the aliases and addresses they were met under. */
class People {
  readonly all: Identity[] = []
  readonly #places = new Map<string, number>()

  of(event: ObservedEvent, parts: Item['parts']): Map<number, number> {
    const indexes = new Set(parts.flatMap((part) => part.people))
    if (event.actor?.type === 'person') indexes.add(-1)
    const people = new Map<number, number>()
    for (const index of indexes) {
      const person = index === -1 ? event.actor : event.people[index]
      if (person) people.set(index, this.#place(person, addressesOf(event, index)))
    }
    return people
  }

  /** The actor alone, whose `values` may be addresses. */
  actor(id: string, values: readonly string[]): Map<number, number> {
    const person: Person = { type: 'person', id, aliases: [] }
    return new Map([[-1, this.#place(person, values.slice(1).filter(looksLikeAddress))]])
  }

  #place({ id, aliases }: Person, addresses: string[]): number {
    const place = this.#places.get(id)
    const known = place === undefined ? undefined : this.all[place]
    if (place === undefined || !known) {
      this.#places.set(id, this.all.length)
      return this.all.push({ id, aliases: [...aliases], addresses: [...new Set(addresses)] }) - 1
    }
    this.all[place] = { id, aliases: union(known.aliases, aliases), addresses: union(known.addresses, addresses) }
    return place
  }
}

function union(known: readonly string[], more: readonly string[]): readonly string[] {
  return more.every((one) => known.includes(one)) ? known : [...new Set([...known, ...more])]
}

function addressesOf(event: ObservedEvent, person: number): string[] {
  return event.personal.filter((one) => one.person === person).flatMap((one) => addressesAt(event, one.pointer))
}

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/

function looksLikeAddress(text: string): boolean {
  return text.length <= 45 && ADDRESS.test(text)
}

function addressesAt(event: ObservedEvent, pointer: string): string[] {
  const value = valueAt({ data: event.data }, pointer)
  const values = Array.isArray(value) ? value : [value]
  return values.filter((one): one is string => typeof one === 'string' && looksLikeAddress(one))
}

function sealOne(sealing: Sealing, item: Item): Prepared | Refused | null {
  const prepared = prepareOne(sealing, item, null)
  if (prepared || sealing.own === null) return prepared
  return prepareOne(sealing, item, sealing.own) ?? TOO_LARGE
}

// `overflow`: the key of the part that takes the data; null: the leaf holds it. Answers null when the leaf can't.
function prepareOne(sealing: Sealing, item: Item, overflow: DataKey | null): Prepared | null {
  const { tenantId } = sealing
  const { clear, parts } = item
  const received = sealing.received()
  const eventId = eventIdOf(sealing, clear, received)
  if (eventId === null) return null
  const holders = (people: readonly number[]) => holdersOf(people.map((person) => ownerOf(sealing, item, person)))
  const personal = parts.map(({ people, members }) => ({ holders: holders(people), members }))
  const all = overflow
    ? [{ holders: [overflow], members: { '/data': JSON.parse(decodeUtf8(clear.data)) } }, ...personal]
    : personal
  const sealed = all.map((part, i) => ({ ...part, ...sealPart(tenantId, eventId, i, part) }))
  const { actor, event_type, session, resource, action, outcome, risk_score } = clear
  const leaf: Omit<Leaf, 'data'> = {
    v: 1,
    event_id: eventId,
    tenant_id: tenantId,
    occurred_at: clear.occurred_at ?? received,
    received_at: received,
    event_type,
    actor: actor?.type === 'person' ? { id: ownerOf(sealing, item, -1).subject, type: 'person' } : actor,
    session,
    resource,
    action,
    outcome,
    risk_score,
    sealed: sealed.map(({ subjects, commit }) => ({ subjects, commit })),
  }
  const bytes = encodeOrNull(leaf, overflow ? EMPTY_OBJECT : clear.data)
  if (bytes === null) return null
  return {
    tenantId,
    eventId,
    leaf: { bytes, hash: leafHash(nodeCrypto.sha256, bytes), ...searchKeys(leaf) },
    content: clear.event_id === null ? null : digestOf(item, eventId, overflow ? sealed.slice(1) : sealed),
    parts: sealed.map(({ subjects, envelope }) => ({ subjects, envelope })),
  }
}

// A source's id that is no UUID may name a person, and what an unkeyed digest hides can be guessed. Null without the key.
function eventIdOf({ own }: Sealing, { event_id }: PlainEvent, received: number): string | null {
  if (event_id === null) return ownEventId(received, randomPiece(8))
  if (isUuid(event_id)) return event_id
  return own && uuidFromDigest(keyedDigest(own, event_id))
}

function sealPart(
  tenantId: string,
  eventId: string,
  part: number,
  { holders, members }: { holders: DataKey[]; members: { [pointer: string]: Json } },
) {
  const text = canonicalize(members)
  const plain = Buffer.allocUnsafe(32 + Buffer.byteLength(text))
  randomPiece(32).copy(plain)
  plain.write(text, 32)
  const [r, canonical] = [plain.subarray(0, 32), plain.subarray(32)]
  const envelope = seal(tenantId, holders, partLocation(eventId, part), plain)
  const subjects = holders.map((key) => key.subject)
  return { text, subjects, envelope, commit: commitmentTo(nodeCrypto, r, canonical) }
}

const EMPTY_OBJECT = encodeUtf8('{}')

function encodeOrNull(leaf: Omit<Leaf, 'data'>, data: Uint8Array): Uint8Array | null {
  try {
    return encodeLeafAround(leaf, data)
  } catch (error) {
    if (error instanceof FormatError && error.code === 'LEAF_TOO_LONG') return null
    throw error
  }
}

/** Keys that a part is sealed under: each once, ascending by pseudonym. */
function holdersOf(keys: readonly DataKey[]): DataKey[] {
  return [...new Map(keys.map((key) => [key.subject, key])).values()].sort((a, b) => (a.subject < b.subject ? -1 : 1))
}

function ownerOf({ keys }: Sealing, { people }: Item, person: number): DataKey {
  const key = keys[people.get(person) ?? -1]
  if (!key) throw new Error('a sealed part names a person that the event does not have')
  return key
}

// The clear part can be hashed as it is; the personal part only under its owners' keys, or the digest would let
// who reads the table guess what was erased.
function digestOf({ clear }: Item, event_id: string, sealed: readonly { holders: DataKey[]; text: string }[]): Buffer {
  const { action, actor: actedBy, data, ...rest } = clear
  const actor = actedBy && { ...actedBy, id: actedBy.type === 'person' ? '' : actedBy.id }
  const before = `{"action":${canonicalize(action)},"actor":${canonicalize(actor)},"data":`
  const after = `,${canonicalize({ ...rest, event_id }).slice(1)}` // one canonical object
  const hash = createHash('sha256').update(before).update(data).update(after)
  for (const part of sealed) hash.update(contentDigest(part.holders, part.text))
  return hash.digest().subarray(0, 16)
}
