import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
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

const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex') // RFC 8410 §7

export interface TenantKey {
  epoch: number
  key: Buffer
  /** Key of the blind index of this epoch. */
  indexKey: Buffer
}

interface Signer {
  name: string
  id: Uint8Array
  privateKey: KeyObject
}

/** Key-encryption and signing keys of tenants. Owns their cache; nothing in it belongs to a person. */
export class TenantKeys {
  readonly #keys = new BoundedMap<string, TenantKey[]>(20_000)
  readonly #signers = new BoundedMap<string, Signer>(20_000)
  readonly #database: Database
  readonly #root: RootKey
  readonly #clock: Clock

  constructor(database: Database, root: RootKey, clock: Clock) {
    this.#database = database
    this.#root = root
    this.#clock = clock
  }

  /** Makes the tenant's first keys, durable when it returns; does nothing where they exist. */
  async create(tenantId: string, origin: string): Promise<void> {
    await this.#insertEpoch(tenantId, 1)
    const { epoch, key } = await this.current(tenantId)
    const pair = generateKeyPairSync('ed25519')
    const seed = pair.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
    const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
    const now = this.#clock.now()
    await tenantTransaction(this.#database.keystore, tenantId, (tx) =>
      store.insertSigningKey(tx, {
        key_id: newId(now),
        name: origin,
        public_key: publicKey,
        epoch,
        wrapped: wrapKey(key, seed),
        created_at: microsecondsToDate(now),
        retired_at: null,
      }),
    )
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

  /** Signs the text of a note with the tenant's current key: the whole signed note. */
  async signNote(tenantId: string, text: string): Promise<string> {
    const signer = await this.#signer(tenantId)
    const signature = sign(null, Buffer.from(text), signer.privateKey)
    return formatNote(text, [signatureLine(signer.name, signer.id, signature)])
  }

  /** Verifier keys (C2SP signed-note) of the tenant's log, the current one first. */
  async verifierKeys(tenantId: string): Promise<string[]> {
    const rows = await tenantTransaction(this.#database.keystore, tenantId, (tx) => store.readSigningKeys(tx))
    return rows.map((row) => formatVerifierKey(nodeCrypto.sha256, row.name, row.public_key))
  }

  forget(tenantId: string): void {
    this.#keys.delete(tenantId)
    this.#signers.delete(tenantId)
  }

  async #insertEpoch(tenantId: string, epoch: number): Promise<void> {
    const rootEpoch = currentEpoch(this.#root)
    const wrapped = await this.#root.wrap(rootEpoch, randomBytes(32))
    const at = microsecondsToDate(this.#clock.now())
    await tenantTransaction(this.#database.keystore, tenantId, (tx) =>
      store.insertTenantKey(tx, { epoch, root_epoch: rootEpoch, wrapped }, at),
    )
    this.forget(tenantId)
  }

  async #signer(tenantId: string): Promise<Signer> {
    const cached = this.#signers.get(tenantId)
    if (cached) return cached
    const rows = await tenantTransaction(this.#database.keystore, tenantId, (tx) => store.readSigningKeys(tx))
    const row = rows.find((candidate) => candidate.retired_at === null)
    if (!row) throw new Error('the tenant has no signing key')
    const { key } = await this.ofEpoch(tenantId, row.epoch)
    const seed = unwrapKey(key, row.wrapped)
    const privateKey = createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' })
    const derived = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
    if (!derived.equals(row.public_key)) throw new Error('the signing key does not belong to its public key')
    const signer = { name: row.name, id: keyId(nodeCrypto.sha256, row.name, row.public_key), privateKey }
    this.#signers.set(tenantId, signer)
    return signer
  }
}
