import { ANCHOR_TENANT, anchorLine, formatReceipt, openAnchor, parseVerifierKey } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { BoundedMap } from '../../platform/bounded-map.ts'
import type { Database } from '../../platform/database/pools.ts'
import { tenantTransaction } from '../../platform/database/transaction.ts'
import { inclusionOf } from './prove.ts'
import { readEntriesAt } from './reader.ts'
import { isSigned } from './signed-head.ts'
import * as store from './store.ts'
import { type AnchorRow, readAnchor } from './store-anchor.ts'

interface AnchorReceipt {
  origin: string
  receipt: string
}

/** Verifier keys of the tenant's log and of the anchor log. */
export interface Trusted {
  keys: readonly string[]
  anchor_keys: readonly string[]
}

/**
 * Anchored checkpoints. Owns a cache of the anchor log's receipts: all logs of one second share one, and who asks at the
 * same moment waits for the same reading. No transaction is held while another is waited for, or the pool could be
 * full of those that wait.
 */
export class Anchored {
  readonly #database: Database
  readonly #receipts = new BoundedMap<number, Promise<AnchorReceipt | null>>(100)
  /** Heads whose signature and anchor were looked at, by all that they say and who was trusted. */
  readonly #heads = new BoundedMap<string, store.Head>(1_000)

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * The tenant's newest anchored head, when it has more entries than `index`, its checkpoint with the line that proves
   * where it was anchored (formats §11). Null too where what is stored does not prove it: a receipt does without then.
   */
  async headWith(tenantId: string, index: number, trusted: Trusted): Promise<store.Head | null> {
    const row = await tenantTransaction(this.#database.app, tenantId, (tx) => readAnchor(tx))
    return this.proven(row, index, trusted)
  }

  /** The same of a head that was read. */
  async proven(row: AnchorRow | null, index: number, trusted: Trusted): Promise<store.Head | null> {
    if (row === null || row.size <= index) return null
    const said = [row.checkpoint, row.path.toString('hex'), row.anchor, row.size, row.origin, ...trusted.keys].join(
      '\n',
    )
    const known = this.#heads.get(said)
    if (known) return known
    const checkpoint = isSigned(row, trusted.keys) ? await this.#proven(row, trusted) : null
    if (checkpoint === null) return null
    const head = { ...row, checkpoint }
    this.#heads.set(said, head)
    return head
  }

  /** Whether an anchored head is where it says that it was anchored. */
  async holds(row: AnchorRow, trusted: Trusted): Promise<boolean> {
    return (await this.#proven(row, trusted)) !== null
  }

  async #proven({ checkpoint, path, anchor }: AnchorRow, { keys, anchor_keys }: Trusted): Promise<string | null> {
    const made = await this.#receipt(anchor)
    if (made === null) return null
    const hashes = Array.from({ length: path.length / 32 }, (_, i) => path.subarray(i * 32, i * 32 + 32))
    const note = checkpoint + anchorLine(nodeCrypto.sha256, made.origin, hashes, made.receipt)
    const all = [...keys, ...anchor_keys].map((key) => parseVerifierKey(nodeCrypto.sha256, key))
    try {
      return openAnchor(note, all, nodeCrypto) === null ? null : note
    } catch {
      return null
    }
  }

  async #receipt(anchor: number): Promise<AnchorReceipt | null> {
    const asked = this.#receipts.get(anchor) ?? this.#read(anchor)
    this.#receipts.set(anchor, asked)
    const made = await asked.catch((error: unknown) => {
      this.#receipts.delete(anchor)
      throw error
    })
    if (made === null) this.#receipts.delete(anchor)
    return made
  }

  #read(anchor: number): Promise<AnchorReceipt | null> {
    return tenantTransaction(this.#database.app, ANCHOR_TENANT, async (tx) => {
      const head = await store.readHead(tx)
      const [entry] = await readEntriesAt(tx, [anchor])
      if (!head || !entry || anchor >= head.size) return null
      const { origin, checkpoint } = head
      const proof = await inclusionOf(tx, anchor, head)
      return { origin, receipt: formatReceipt({ index: anchor, leaf: entry.bytes, proof, checkpoint }) }
    })
  }
}
