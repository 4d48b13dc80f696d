import { BoundedMap } from '../../platform/bounded-map.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { type DataKey, type Keys, open, seal } from '../keys/index.ts'
import type { AskedQuestion, State } from './question.ts'
import type { Extent } from './rules.ts'
import * as store from './store-requests.ts'

/** Of a batch that many are kept, and of any decision that many bytes. */
const MOST_QUESTIONS = 50
const MOST_BYTES = 65_536

/** What was asked at a decision, and what it rested on of who it was about. */
export interface RecordedRequest {
  decisionId: string
  decidedAt: Date
  subject: { type: string; id: string; isAccount: boolean; attributes: Record<string, unknown> }
  held: readonly (Extent & { role_id: string })[]
  groups: readonly string[]
  questions: readonly AskedQuestion[]
}

/** What is kept of a decision. */
export interface DecidedRequest {
  /** Of whom it is about. */
  key: DataKey
  decisionId: string
  at: Date
  state: State
  /** Of whom it is about, as they were told. */
  attributes: Record<string, unknown>
  questions: readonly AskedQuestion[]
}

const LOCATION = { table: 'decided_requests', column: 'requests_sealed' }

/** Requests of the last 30 days, sealed under the key of whom they are about. */
export class RecordedRequests {
  readonly #keys: Keys
  readonly #subjects = new BoundedMap<string, string>(10_000)

  constructor(keys: Keys) {
    this.#keys = keys
  }

  /** The key of whom a decision is about, before its transaction begins: it waits for no other connection within. */
  async keyOf(tenantId: string, userId: string | null): Promise<DataKey> {
    const subject = userId === null ? null : await this.#subjectOf(tenantId, userId)
    const key = subject === null ? undefined : (await this.#keys.subjects.keysOf(tenantId, [subject])).get(subject)
    return key ?? this.#keys.subjects.ownKey(tenantId) // who is nobody, or was erased, gets no new name by being asked for
  }

  async #subjectOf(tenantId: string, userId: string): Promise<string | null> {
    const known = this.#subjects.get(`${tenantId}/${userId}`)
    if (known !== undefined) return known
    const [subject = null] = await this.#keys.subjects.find(tenantId, userId)
    if (subject !== null) this.#subjects.set(`${tenantId}/${userId}`, subject)
    return subject
  }

  /** Each under its key. */
  async put(tx: Tx, decided: readonly DecidedRequest[]): Promise<void> {
    await store.insertRequests(
      tx,
      decided.flatMap((one) => rowOf(tx.tenantId, one) ?? []),
    )
  }

  /** The newest first; a request is null where who it was about was erased. */
  async list(
    tx: Tx,
    asked: { since: Date; before: string | null; limit: number },
  ): Promise<{ decisionId: string; request: RecordedRequest | null }[]> {
    const rows = await store.listRequests(tx, asked)
    const keys = await this.#keys.subjects.keysOf(tx.tenantId, [...new Set(rows.map(({ subject }) => subject))])
    return rows.map((row) => {
      const decisionId = row.decision_id
      const key = keys.get(row.subject)
      if (!key) return { decisionId, request: null }
      const bytes = open(tx.tenantId, [key], { ...LOCATION, row: row.decision_id }, row.requests_sealed)
      const content = JSON.parse(bytes.toString()) as Content // as it was put
      return { decisionId, request: { decisionId, decidedAt: row.decided_at, ...content } }
    })
  }
}

type Content = Omit<RecordedRequest, 'decisionId' | 'decidedAt'>

/** Null: it is too much to keep. */
function rowOf(
  tenantId: string,
  { key, decisionId, at, state, attributes, questions }: DecidedRequest,
): store.RequestRow | null {
  const { reference, isAccount } = state.subject
  const held = state.held.map(({ role_id, resource_type, resource_id }) => ({ role_id, resource_type, resource_id }))
  const content: Content = {
    ...{ subject: { type: reference.type, id: reference.id, isAccount, attributes }, held, groups: state.groups },
    questions: questions.slice(0, MOST_QUESTIONS),
  }
  const bytes = Buffer.from(JSON.stringify(content))
  if (bytes.length > MOST_BYTES) return null
  const requests_sealed = seal(tenantId, [key], { ...LOCATION, row: decisionId }, bytes)
  return { decision_id: decisionId, decided_at: at, subject: key.subject, requests_sealed }
}
