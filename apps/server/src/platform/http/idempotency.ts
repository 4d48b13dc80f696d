import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../authority.ts'
import { type Clock, microsecondsToDate } from '../clock.ts'
import type { Database } from '../database/pools.ts'
import { type Tx, tenantTransaction } from '../database/transaction.ts'
import { DomainError } from '../errors.ts'

/** Seals stored answers: one may hold a token that is shown once. */
export interface AnswerSealer {
  seal(tenantId: string, row: string, answer: string): Promise<Buffer>
  open(tenantId: string, row: string, sealed: Buffer): Promise<string>
  /** Digest of a request under a key of the tenant's: its body may name people. */
  digest(tenantId: string, request: Uint8Array): Promise<Buffer>
}

interface Stored {
  request_hash: Buffer
  status: number | null
  answer_sealed: Buffer | null
}

/**
 * Answers of POST requests with an Idempotency-Key. The key is taken before the work and the answer stored after;
 * a crash between leaves a key without an answer, which is free again after a minute.
 */
export class Idempotency {
  readonly #database: Database
  readonly #clock: Clock
  readonly #sealer: AnswerSealer

  constructor(database: Database, clock: Clock, sealer: AnswerSealer) {
    this.#database = database
    this.#clock = clock
    this.#sealer = sealer
  }

  /** Does the work once per key; a repeat gets the stored answer. Throws IDEMPOTENCY_KEY_REUSED or _IN_USE. */
  async once(
    principal: Principal,
    key: string,
    request: FastifyRequest,
    reply: FastifyReply,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const body = request.body instanceof Uint8Array ? request.body : Buffer.from(JSON.stringify(request.body ?? null))
    const asked = Buffer.concat([Buffer.from(`${JSON.stringify([request.method, request.url])}\n`), body])
    const hash = await this.#sealer.digest(principal.tenantId, asked)
    const run = <T>(job: (tx: Tx) => Promise<T>) => tenantTransaction(this.#database.app, principal.tenantId, job)
    const now = microsecondsToDate(this.#clock.now())
    const stored = await run((tx) => take(tx, principal.id, key, hash, now))
    const row = `${principal.id}/${key}`
    if (stored) {
      if (!stored.request_hash.equals(hash)) throw new DomainError('IDEMPOTENCY_KEY_REUSED')
      if (stored.status === null || !stored.answer_sealed) throw new DomainError('IDEMPOTENCY_KEY_IN_USE')
      reply.code(stored.status).header('idempotency-replayed', 'true')
      return JSON.parse(await this.#sealer.open(principal.tenantId, row, stored.answer_sealed))
    }
    try {
      const answer = await work()
      const sealed = await this.#sealer.seal(principal.tenantId, row, JSON.stringify(answer))
      await run((tx) => keep(tx, principal.id, key, reply.statusCode, sealed))
      return answer
    } catch (error) {
      await run((tx) => release(tx, principal.id, key))
      throw error
    }
  }

  /** Drops answers older than a day; for the schedule. */
  async sweep(tenantId: string): Promise<void> {
    const before = new Date(this.#clock.now() / 1000 - 86_400_000)
    await tenantTransaction(this.#database.app, tenantId, (tx) =>
      tx.query('DELETE FROM idempotency_keys WHERE tenant_id = $1 AND created_at < $2', [tx.tenantId, before]),
    )
  }
}

/** Null: the key is now ours. */
async function take(tx: Tx, principalId: string, key: string, hash: Buffer, now: Date): Promise<Stored | null> {
  const { rowCount } = await tx.query(
    `INSERT INTO idempotency_keys (tenant_id, principal_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (tenant_id, principal_id, key) DO UPDATE SET request_hash = excluded.request_hash, created_at = excluded.created_at
       WHERE idempotency_keys.status IS NULL AND idempotency_keys.created_at < excluded.created_at - interval '1 minute'`,
    [tx.tenantId, principalId, key, hash, now],
  )
  if (rowCount === 1) return null
  const text =
    'SELECT request_hash, status, answer_sealed FROM idempotency_keys WHERE tenant_id = $1 AND principal_id = $2 AND key = $3'
  return (await tx.query<Stored>(text, [tx.tenantId, principalId, key])).rows[0] ?? null
}

async function keep(tx: Tx, principalId: string, key: string, status: number, sealed: Buffer): Promise<void> {
  const text =
    'UPDATE idempotency_keys SET status = $4, answer_sealed = $5 WHERE tenant_id = $1 AND principal_id = $2 AND key = $3'
  await tx.query(text, [tx.tenantId, principalId, key, status, sealed])
}

async function release(tx: Tx, principalId: string, key: string): Promise<void> {
  const text = 'DELETE FROM idempotency_keys WHERE tenant_id = $1 AND principal_id = $2 AND key = $3 AND status IS NULL'
  await tx.query(text, [tx.tenantId, principalId, key])
}
