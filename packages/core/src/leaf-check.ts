import { encodeUtf8 } from './bytes.ts'
import { COMMA, MINUS, QUOTE } from './json-bytes.ts'
import { JsonWalk, type Piece, piece } from './json-walk.ts'
import { MAX_ENTRY_LENGTH } from './tile.ts'

const UUID_LENGTH = 36
const COMMIT_LENGTH = 64
/** So many bytes are no more characters. */
const MAX_EVENT_TYPE = 255
const MAX_RISK_SCORE = 100

// What stands between the values of a leaf: its members in their order (formats §1).
const BEFORE_ACTION = piece('{"action":')
const BEFORE_ACTOR = piece(',"actor":')
const BEFORE_ACTOR_ID = piece('{"id":')
const BEFORE_ACTOR_TYPE = piece(',"type":')
const BEFORE_DATA = piece(',"data":')
const BEFORE_EVENT_ID = piece(',"event_id":"')
const BEFORE_EVENT_TYPE = piece('","event_type":')
const BEFORE_OCCURRED_AT = piece(',"occurred_at":')
const BEFORE_OUTCOME = piece(',"outcome":')
const BEFORE_RECEIVED_AT = piece(',"received_at":')
const BEFORE_RESOURCE = piece(',"resource":')
const BEFORE_RISK_SCORE = piece(',"risk_score":')
const BEFORE_SEALED = piece(',"sealed":')
const NO_PARTS = piece('[],"session":')
const FIRST_PART = piece('[{"commit":"')
const BEFORE_SUBJECTS = piece('","subjects":["')
const NEXT_PART = piece('"]},{"commit":"')
const AFTER_PARTS = piece('"]}],"session":')
const NULL = piece('null')
const PERSON = piece('"person"}')
const OTHER_ACTORS = ['"service"}', '"system"}'].map(piece)
const OUTCOMES = ['"Success"', '"Failure"', '"Warning"', '"Information"'].map(piece)

const HEX_VALUES = new Int8Array(256).fill(-1)
for (const [value, digit] of encodeUtf8('0123456789abcdef').entries()) HEX_VALUES[digit] = value

/** Texts of a leaf, each `null` or a JSON string; `actor` is its id. */
export const LEAF_TEXTS = { action: 0, actor: 1, event_type: 2, outcome: 3, resource: 4, session: 5 } as const

/**
 * Tells of leaves, as bytes, whether they are certainly what parseLeaf accepts, several times as fast and without
 * making anything of them. What is unusual, though it be right, is left to parseLeaf.
 */
export class LeafCheck {
  readonly #walk = new JsonWalk()
  readonly #tenant: Piece
  /** Of the last leaf that was accepted: start and end of the JSON of each of LEAF_TEXTS. */
  readonly texts = new Int32Array(2 * Object.keys(LEAF_TEXTS).length)
  /** Of that leaf. */
  receivedAt = 0
  /** Of that leaf; -1: none. */
  riskScore = -1
  /** Whether that leaf has sealed parts. */
  hasParts = false

  /** Leaves of this tenant: those of another are not accepted. */
  constructor(tenantId: string) {
    this.#tenant = piece(`,"tenant_id":"${tenantId}","v":1}`)
  }

  /** Where the leaves stand from now on, and the marks of those bytes: see markBytes. */
  open(bytes: Uint8Array, marks: Uint32Array): void {
    this.#walk.open(bytes, marks)
  }

  /**
   * Whether the bytes from `start` to before `end` are a valid leaf of the tenant; then the 16 bytes of its event id
   * stand in `eventIds` from `place` on. False: parseLeaf knows.
   */
  accepts(start: number, end: number, eventIds: Uint8Array, place: number): boolean {
    const walk = this.#walk
    walk.at = start
    return (
      end - start <= MAX_ENTRY_LENGTH &&
      walk.skip(BEFORE_ACTION) &&
      this.#textOrNull(LEAF_TEXTS.action) &&
      walk.skip(BEFORE_ACTOR) &&
      this.#actorOrNull() &&
      walk.skip(BEFORE_DATA) &&
      walk.object() &&
      walk.skip(BEFORE_EVENT_ID) &&
      this.#uuid(eventIds, place) &&
      walk.skip(BEFORE_EVENT_TYPE) &&
      this.#eventType() &&
      walk.skip(BEFORE_OCCURRED_AT) &&
      walk.integer() &&
      walk.skip(BEFORE_OUTCOME) &&
      this.#outcome() &&
      walk.skip(BEFORE_RECEIVED_AT) &&
      this.#receivedAt() &&
      walk.skip(BEFORE_RESOURCE) &&
      this.#textOrNull(LEAF_TEXTS.resource) &&
      walk.skip(BEFORE_RISK_SCORE) &&
      this.#riskScoreOrNull() &&
      walk.skip(BEFORE_SEALED) &&
      this.#sealed() &&
      this.#textOrNull(LEAF_TEXTS.session) &&
      walk.skip(this.#tenant) &&
      walk.at === end
    )
  }

  #textOrNull(text: number): boolean {
    const start = this.#walk.at
    return this.#note(text, start, this.#walk.string() || this.#walk.skip(NULL))
  }

  #note(text: number, start: number, isRight: boolean): boolean {
    this.texts[2 * text] = start
    this.texts[2 * text + 1] = this.#walk.at
    return isRight
  }

  #outcome(): boolean {
    const start = this.#walk.at
    return this.#note(LEAF_TEXTS.outcome, start, this.#walk.skipOne(OUTCOMES))
  }

  #receivedAt(): boolean {
    const isRight = this.#walk.integer()
    this.receivedAt = this.#walk.value
    return isRight
  }

  // For a person the id is a UUID.
  #actorOrNull(): boolean {
    const walk = this.#walk
    const start = walk.at + BEFORE_ACTOR_ID.length
    if (walk.skip(NULL)) return this.#note(LEAF_TEXTS.actor, walk.at - NULL.length, true)
    if (!walk.skip(BEFORE_ACTOR_ID) || !this.#note(LEAF_TEXTS.actor, start, walk.string())) return false
    const end = walk.at
    if (!walk.skip(BEFORE_ACTOR_TYPE)) return false
    if (walk.skipOne(OTHER_ACTORS)) return true
    if (!walk.skip(PERSON)) return false
    const after = walk.at
    walk.at = start + 1
    const isUuid = this.#uuid(SCRATCH, 0) && walk.at + 1 === end
    walk.at = after
    return isUuid
  }

  #eventType(): boolean {
    const start = this.#walk.at
    if (!this.#note(LEAF_TEXTS.event_type, start, this.#walk.string())) return false
    const length = this.#walk.at - start - 2
    return length > 0 && length <= MAX_EVENT_TYPE
  }

  #riskScoreOrNull(): boolean {
    const walk = this.#walk
    this.riskScore = -1
    if (walk.skip(NULL)) return true
    if (!walk.integer() || walk.value < 0 || walk.value > MAX_RISK_SCORE) return false
    this.riskScore = walk.value
    return true
  }

  // Up to the value of the next member.
  #sealed(): boolean {
    const walk = this.#walk
    this.hasParts = false
    if (walk.skip(NO_PARTS)) return true
    this.hasParts = true
    if (!walk.skip(FIRST_PART)) return false
    do if (!this.#commit() || !walk.skip(BEFORE_SUBJECTS) || !this.#subjects()) return false
    while (walk.skip(NEXT_PART))
    return walk.skip(AFTER_PARTS)
  }

  #commit(): boolean {
    const walk = this.#walk
    for (let i = 0; i < COMMIT_LENGTH; i++) if ((HEX_VALUES[walk.byte(i)] ?? -1) < 0) return false
    walk.at += COMMIT_LENGTH
    return true
  }

  // Ascending, none twice.
  #subjects(): boolean {
    const walk = this.#walk
    for (let last = -1; ; ) {
      const start = walk.at
      if (!this.#uuid(SCRATCH, 0)) return false
      if (last >= 0 && !walk.ascends(last, last + UUID_LENGTH, start, start + UUID_LENGTH)) return false
      last = start
      if (walk.byte(1) !== COMMA) return true
      if (walk.byte(0) !== QUOTE || walk.byte(2) !== QUOTE) return false
      walk.at += 3
    }
  }

  #uuid(bytes: Uint8Array, place: number): boolean {
    const walk = this.#walk
    let wrong = 0
    let at = 0
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) wrong |= walk.byte(at++) ^ MINUS
      const value = ((HEX_VALUES[walk.byte(at)] ?? -1) << 4) | (HEX_VALUES[walk.byte(at + 1)] ?? -1)
      wrong |= value & ~0xff
      bytes[place + i] = value
      at += 2
    }
    walk.at += UUID_LENGTH
    return wrong === 0
  }
}

/** For ids that nobody wants. */
const SCRATCH = new Uint8Array(16)
