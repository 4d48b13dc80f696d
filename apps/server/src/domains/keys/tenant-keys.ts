import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { formatNote, formatVerifierKey, keyId, signatureLine } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { BoundedMap } from '../../platform/bounded-map.ts'
import type { Clock } from '../../platform/clock.ts'
import { microsecondsToDate } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { tenantTransaction } from '../../platform/database/transaction.ts'
import { newId } from '../../platform/ids.ts'
import { deriveKey, unwrapKey, wrapKey } from './ciphers.ts'
import { currentEpoch, type RootKey } from './root.ts'
import * as store from './store.ts'

// In another thread: a flush signs a head for each tenant in it.
const signElsewhere = promisify<null, Buffer, KeyObject, Buffer>(sign)

const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex') // RFC 8410 §7

export interface TenantKey {
  epoch: number
  key: Buffer
  /** Key of the blind index of this epoch. */
  indexKey: Buffer
}

/** A signing key took over from another. */
export interface SigningKeyTurn {
  keyId: string
  /** Verifier keys (C2SP signed-note). */
  from: string
  to: string
  at: Date
  /** Until then both sign. */
  overlapsUntil: Date
}

/** A signing key that is the tenant's own: its private half opened under the tenant's key and fits the public one. */
interface Signer {
  row: store.SigningKeyRow
  id: Uint8Array
  privateKey: KeyObject
}

/** How long another process may go on with the keys before a turn: far less than the overlap. */
const SIGNERS_KEPT_MILLISECONDS = 60_000

/** Key-encryption and signing keys of tenants. Owns their cache; nothing in it belongs to a person. */
export class TenantKeys {
  readonly #keys = new BoundedMap<string, TenantKey[]>(20_000)
  readonly #signers = new BoundedMap<string, { signers: Signer[]; until: number }>(20_000)
  /** Counts what was forgotten, so that a read of signing keys that began before does not bring them back. */
  #forgotten = 0
  readonly #database: Database
  readonly #root: RootKey
  readonly #clock: Clock
  readonly #overlapMilliseconds: number

  constructor(database: Database, root: RootKey, clock: Clock, overlapDays: number) {
    this.#database = database
    this.#root = root
    this.#clock = clock
    this.#overlapMilliseconds = overlapDays * 86_400_000
  }

  /** Makes the tenant's first keys, durable when it returns; does nothing where they exist. */
  async create(tenantId: string, origin: string): Promise<void> {
    await this.#insertEpoch(tenantId, 1)
    const key = await this.#newSigningKey(tenantId, origin)
    await tenantTransaction(this.#database.keystore, tenantId, (tx) => store.insertSigningKey(tx, key))
  }

  /**
   * Gives the log its next signing key; the old one signs beside it while they overlap. The caller records the turn.
   * Of calls at once the first turns the key; the others get null, since it is theirs to record no more than to turn.
   */
  async turnSigningKey(tenantId: string): Promise<SigningKeyTurn | null> {
    const [latest] = await this.#readSigners(tenantId)
    if (!latest) throw new Error('the tenant has no signing key')
    const next = await this.#newSigningKey(tenantId, latest.row.name)
    await tenantTransaction(this.#database.keystore, tenantId, async (tx) => {
      await store.retireSigningKey(tx, next.created_at)
      await store.insertSigningKey(tx, next)
    })
    this.forget(tenantId)
    return (await this.signingKeyTurns(tenantId)).find((one) => one.keyId === next.key_id) ?? null
  }

  /** Every turn of the log's signing key, the newest first. */
  async signingKeyTurns(tenantId: string): Promise<SigningKeyTurn[]> {
    const rows = (await this.#readSigners(tenantId)).map(({ row }) => row)
    return rows.slice(0, -1).map((row, i) => ({
      keyId: row.key_id,
      from: verifierKey(rows[i + 1] as store.SigningKeyRow),
      to: verifierKey(row),
      at: row.created_at,
      overlapsUntil: this.#overlapEnd(row.created_at),
    }))
  }

  /** Epochs of the tenant, the current one first. Empty: the tenant has no keys. */
  async all(tenantId: string): Promise<TenantKey[]> {
    const cached = this.#keys.get(tenantId)
    if (cached) return cached
    const rows = await tenantTransaction(this.#database.keystore, tenantId, (tx) => store.readTenantKeys(tx))
    const keys = await Promise.all(
      rows.map(async (row) => {
        const key = await this.#root.unwrap(row.root_epoch, row.wrapped)
        return { epoch: row.epoch, key, indexKey: deriveKey(key, 'probity/blind-index') }
      }),
    )
    if (keys.length > 0) this.#keys.set(tenantId, keys)
    return keys
  }

  async current(tenantId: string): Promise<TenantKey> {
    const [first] = await this.all(tenantId)
    if (!first) throw new Error('the tenant has no keys')
    return first
  }

  async ofEpoch(tenantId: string, epoch: number): Promise<TenantKey> {
    const find = (keys: TenantKey[]) => keys.find((key) => key.epoch === epoch)
    const known = find(await this.all(tenantId))
    if (known) return known
    this.forget(tenantId) // another node turned the epoch
    const read = find(await this.all(tenantId))
    if (!read) throw new Error(`the tenant has no keys of epoch ${epoch}`)
    return read
  }

  /** Begins the tenant's next epoch under the root's current one; resumes one that a crash left. */
  async turn(tenantId: string): Promise<TenantKey> {
    this.forget(tenantId)
    const rows = await tenantTransaction(this.#database.keystore, tenantId, (tx) => store.readTenantKeys(tx))
    const [latest] = rows
    const begun = latest !== undefined && rows.length > 1 && latest.root_epoch === currentEpoch(this.#root)
    if (latest && !begun) await this.#insertEpoch(tenantId, latest.epoch + 1)
    return this.current(tenantId)
  }

  /** Signs the text of a note with the tenant's current key, and with the one before while they overlap. */
  async signNote(tenantId: string, text: string): Promise<string> {
    const now = this.#clock.now() / 1000
    const signing = (await this.#signersOf(tenantId)).filter(
      ({ row }) => row.retired_at === null || now < this.#overlapEnd(row.retired_at).getTime(),
    )
    if (signing.length === 0) throw new Error('the tenant has no signing key')
    const lines = await Promise.all(
      signing.map(async ({ row, id, privateKey }) =>
        signatureLine(row.name, id, await signElsewhere(null, Buffer.from(text), privateKey)),
      ),
    )
    return formatNote(text, lines)
  }

  /** Verifier keys (C2SP signed-note) of the tenant's log, the current one first; a key that is stored and not ours is none. */
  async verifierKeys(tenantId: string): Promise<string[]> {
    return (await this.#signersOf(tenantId)).map(({ row }) => verifierKey(row))
  }

  forget(tenantId: string): void {
    this.#forgotten++
    this.#keys.delete(tenantId)
    this.#signers.delete(tenantId)
  }

  async #insertEpoch(tenantId: string, epoch: number): Promise<void> {
    const rootEpoch = currentEpoch(this.#root)
    const wrapped = await this.#root.wrap(rootEpoch, randomBytes(32))
    const at = microsecondsToDate(this.#clock.now())
    await tenantTransaction(this.#database.keystore, tenantId, async (tx) => {
      await store.lockEpochs(tx)
      await store.insertTenantKey(tx, { epoch, root_epoch: rootEpoch, wrapped }, at)
    })
    this.forget(tenantId)
  }

  async #newSigningKey(tenantId: string, name: string): Promise<store.SigningKeyRow> {
    const { epoch, key } = await this.current(tenantId)
    const pair = generateKeyPairSync('ed25519')
    const seed = pair.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
    const public_key = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
    const now = this.#clock.now()
    const created_at = microsecondsToDate(now)
    return { key_id: newId(now), name, public_key, epoch, wrapped: wrapKey(key, seed), created_at, retired_at: null }
  }

  // Whoever writes to the keystore can add a public key; that its private half is wrapped under the tenant's key they
  // cannot bring about.
  async #readSigners(tenantId: string): Promise<Signer[]> {
    const rows = await tenantTransaction(this.#database.keystore, tenantId, (tx) => store.readSigningKeys(tx))
    const signers = await Promise.all(rows.map((row) => this.#signer(tenantId, row)))
    return signers.filter((signer) => signer !== null)
  }

  #overlapEnd(turned: Date): Date {
    return new Date(turned.getTime() + this.#overlapMilliseconds)
  }

  async #signersOf(tenantId: string): Promise<Signer[]> {
    const now = this.#clock.now() / 1000
    const cached = this.#signers.get(tenantId)
    if (cached && now < cached.until) return cached.signers
    const forgotten = this.#forgotten
    const signers = await this.#readSigners(tenantId)
    if (forgotten !== this.#forgotten) return signers // what was read while a key turned may lack the next key
    this.#signers.set(tenantId, { signers, until: now + SIGNERS_KEPT_MILLISECONDS })
    return signers
  }

  async #signer(tenantId: string, row: store.SigningKeyRow): Promise<Signer | null> {
    const { key } = await this.ofEpoch(tenantId, row.epoch)
    const seed = unwrapOrNull(key, row.wrapped)
    if (seed === null) return null
    const privateKey = createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' })
    const derived = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
    if (!derived.equals(row.public_key)) return null
    return { row, id: keyId(nodeCrypto.sha256, row.name, row.public_key), privateKey }
  }
}

function unwrapOrNull(wrapping: Uint8Array, wrapped: Uint8Array): Buffer | null {
  try {
    const seed = unwrapKey(wrapping, wrapped)
    return seed.length === 32 ? seed : null
  } catch {
    return null
  }
}

function verifierKey(row: store.SigningKeyRow): string {
  return formatVerifierKey(nodeCrypto.sha256, row.name, row.public_key)
}
