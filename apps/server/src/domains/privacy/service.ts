import { createHash } from 'node:crypto'
import type { Erased, EraseSubject } from '@probity/contract'
import { canonicalize, isUuid } from '@probity/core'
import { actorOf, type Principal } from '../../platform/authority.ts'
import { type Clock, microsecondsToDate, microsecondsToText } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { afterId, pageOf } from '../../platform/page.ts'
import type { Audit } from '../audit/index.ts'
import { closeAccounts } from '../identity/index.ts'
import type { Keys } from '../keys/index.ts'
import * as store from './store.ts'

export interface PrivacyDependencies {
  database: Database
  clock: Clock
  keys: Keys
  audit: Audit
  /** Days that a backup of the keystore may still hold a destroyed key. */
  keystoreBackupDays: number
  /** Told when it is committed that who a token of the tenant stands for may be another now. */
  callersChanged(tenantId: string): void
}

const INTEGRATION_TRIES = 200
const INTEGRATION_POLL_MILLISECONDS = 25

/** How long a request may be under way before it counts as interrupted. */
const UNDER_WAY_MILLISECONDS = 60_000
const SYSTEM = { type: 'system', id: 'probity' } as const

interface Erasure {
  /** Requests, one a subject; the entry that records them bears the first one's id. */
  ids: string[]
  subjects: string[]
  method: string
  /** Who asked, and by which token or session; null: a crash came between, and the server ends what was asked. */
  by: { type: 'person' | 'service'; id: string; token?: string; session?: string } | null
}

/** Rights of the people whose data the tenant holds. */
export class Privacy {
  readonly #dependencies: PrivacyDependencies

  constructor(dependencies: PrivacyDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Erases a person, named by pseudonym or by anything that leads to them: destroys the keys, records that, and
   * certifies it. Throws NOT_FOUND, and SUBJECT_AMBIGUOUS with the pseudonyms when several go by the name.
   */
  async erase(principal: Principal, reference: string, input: EraseSubject): Promise<Erased> {
    const { tenantId } = principal
    const subjects = await this.#find(tenantId, reference, input.all)
    const requested = this.#dependencies.clock.now()
    const ids = subjects.map(() => newId(requested)).sort() // who ends it after a crash finds them in this order
    await this.#run(tenantId, async (tx) => {
      for (const [i, subject] of subjects.entries())
        await store.insertErasure(tx, this.#request(principal, input, ids[i] ?? '', subject, requested))
    })
    const by = { ...actorOf(principal), [principal.kind]: principal.id }
    return this.#carryOut(tenantId, { ids, subjects, method: input.erasure_method, by })
  }

  /** Requests and what became of them, the newest first. */
  async list(principal: Principal, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
    const rows = await this.#run(principal.tenantId, (tx) => store.listErasures(tx, afterId(cursor), limit + 1))
    const { page, next_cursor } = pageOf(rows, limit, ({ id }) => id)
    const erasures = page.map((row) => ({
      ...row,
      request_date: row.request_date.toISOString(),
      completion_date: row.completion_date?.toISOString() ?? null,
      unrecoverable_after: row.unrecoverable_after?.toISOString() ?? null,
    }))
    return { erasures, next_cursor }
  }

  /** Carries out requests that a crash interrupted; answers how many. A request under way elsewhere is left to it. */
  async finishErasures(tenantId: string): Promise<number> {
    const before = new Date(this.#dependencies.clock.now() / 1000 - UNDER_WAY_MILLISECONDS)
    const open = await this.#run(tenantId, (tx) => store.readOpenErasures(tx, before))
    const finished = await this.#dependencies.keys.finishErasures(tenantId)
    // Rows of one request have one date: its entry and its certificate are of all of them.
    const requests = Map.groupBy(open, (row) => `${row.requested}/${row.erasure_method}`)
    for (const rows of requests.values())
      await this.#carryOut(tenantId, {
        ids: rows.map((row) => row.id),
        subjects: rows.map((row) => row.subject_id),
        method: rows[0]?.erasure_method ?? '',
        by: null,
      })
    return open.length + finished
  }

  // Each step can be done again: a second pass finds the keys gone, and the entry there by the id of the request.
  async #carryOut(tenantId: string, erasure: Erasure): Promise<Erased> {
    const { ids, subjects, method } = erasure
    const names = await this.#dependencies.keys.subjects.names(tenantId, subjects)
    await closeAccounts(this.#dependencies, tenantId, names.filter(isUuid))
    const keyIds = await this.#dependencies.keys.erase(tenantId, subjects)
    const eventId = ids[0] ?? ''
    const affected = await this.#run(tenantId, async (tx) => {
      if (method === 'PhysicalDeletion') await this.#dependencies.audit.deleteParts(tx, subjects)
      if (!(await this.#dependencies.audit.has(tx, eventId))) await this.#record(tx, eventId, erasure, keyIds)
      return this.#dependencies.audit.countParts(tx, subjects)
    })
    const receipt = await this.#receipt(tenantId, eventId)
    return this.#certify(tenantId, { ids, subjects, keyIds, affected, receipt, eventId })
  }

  async #find(tenantId: string, reference: string, all: boolean): Promise<string[]> {
    const { subjects } = this.#dependencies.keys
    const found = await subjects.find(tenantId, reference)
    if (
      found.length === 0 &&
      isUuid(reference) &&
      reference !== tenantId &&
      (await subjects.keysOf(tenantId, [reference])).has(reference)
    )
      return [reference]
    if (found.length === 0)
      throw new DomainError('NOT_FOUND', {
        reason: 'nobody here goes by this name; give a name, an address or a pseudonym as it stood in an event',
      })
    if (found.length > 1 && !all) throw new DomainError('SUBJECT_AMBIGUOUS', { subjects: found })
    return found
  }

  #request(principal: Principal, input: EraseSubject, id: string, subject: string, at: number): store.ErasureRow {
    return {
      id,
      subject_id: subject,
      request_date: microsecondsToText(at),
      erasure_method: input.erasure_method,
      legal_basis: input.legal_basis,
      requested_by: principal.kind === 'session' ? principal.userId : null,
    }
  }

  // Who erases themself is named by no pseudonym any more.
  async #record(tx: Tx, eventId: string, { subjects, method, by }: Erasure, keyIds: string[]): Promise<void> {
    const { audit, keys, clock } = this.#dependencies
    const { type, id, ...called } = by ?? SYSTEM
    const known = type === 'person' && (await keys.subjects.find(tx.tenantId, id)).length > 0
    await audit.record(tx, {
      event_id: eventId,
      occurred_at: clock.now(),
      event_type: 'subject.erased',
      actor: known ? { type, id } : SYSTEM,
      resource: `subject/${subjects.join(',')}`,
      action: 'erase',
      outcome: 'Success',
      data: { subjects, keys_destroyed: keyIds, erasure_method: method, ...called },
    })
  }

  // The entry is durable; the sequencer needs a moment to give it its place.
  async #receipt(tenantId: string, eventId: string): Promise<string> {
    for (let i = 0; ; i++) {
      try {
        return await this.#dependencies.audit.receipt(tenantId, eventId)
      } catch (error) {
        if (i >= INTEGRATION_TRIES || !(error instanceof DomainError)) throw error
        await new Promise((resolve) => setTimeout(resolve, INTEGRATION_POLL_MILLISECONDS))
      }
    }
  }

  async #certify(
    tenantId: string,
    done: { ids: string[]; subjects: string[]; keyIds: string[]; affected: number; receipt: string; eventId: string },
  ): Promise<Erased> {
    const { clock, keys, keystoreBackupDays } = this.#dependencies
    const at = microsecondsToDate(clock.now())
    const unrecoverable = new Date(at.getTime() + keystoreBackupDays * 86_400_000)
    const statement = {
      erasure_id: done.ids[0] ?? '',
      subjects: done.subjects,
      keys_destroyed: done.keyIds,
      event_id: done.eventId,
      receipt_sha256: createHash('sha256').update(done.receipt).digest('hex'),
      timestamp: at.toISOString(),
      unrecoverable_after: unrecoverable.toISOString(),
    }
    const proof = await keys.tenants.signNote(tenantId, `probity-erasure/1\n${canonicalize(statement)}\n`)
    const verification_hash = createHash('sha256').update(proof).digest('hex')
    await this.#run(tenantId, async (tx) => {
      for (const id of done.ids)
        await store.completeErasure(tx, id, {
          at,
          hash: verification_hash,
          proof: `${proof}\n${done.receipt}`,
          affected: done.affected,
          unrecoverable,
        })
    })
    return {
      erasure_id: statement.erasure_id,
      status: 'Completed',
      timestamp: statement.timestamp,
      subjects: done.subjects,
      keys_destroyed: done.keyIds,
      affected_data_count: done.affected,
      verification_hash,
      proof_of_erasure: proof,
      receipt: done.receipt,
      unrecoverable_after: statement.unrecoverable_after,
    }
  }

  #run<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return tenantTransaction(this.#dependencies.database.app, tenantId, work)
  }
}
