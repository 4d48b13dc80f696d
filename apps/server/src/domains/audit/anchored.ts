import { ANCHOR_TENANT, anchorLine, formatReceipt } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { BoundedMap } from '../../platform/bounded-map.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { inclusionOf } from './prove.ts'
import { readEntriesAt } from './reader.ts'
import * as store from './store.ts'
import { type AnchorRow, readAnchor } from './store-anchor.ts'

interface AnchorReceipt {
  origin: string
  receipt: string
}

/** Anchored checkpoints. Owns a cache of the anchor log's receipts: all logs of one second share one. */
export class Anchored {
  readonly #database: Database
  readonly #receipts = new BoundedMap<number, AnchorReceipt>(100)

  constructor(database: Database) {
    this.#database = database
  }

  /** The tenant's newest anchored head, when it has more entries than `index`; else null. */
  async headWith(tx: Tx, index: number): Promise<AnchorRow | null> {
    const row = await readAnchor(tx)
    return row !== null && row.size > index ? row : null
  }

  /** The checkpoint of an anchored head with the line that proves where (formats §11). */
  async checkpoint({ checkpoint, path, anchor }: AnchorRow): Promise<string> {
    const { origin, receipt } = await this.#receipt(anchor)
    const hashes = Array.from({ length: path.length / 32 }, (_, i) => path.subarray(i * 32, i * 32 + 32))
    return checkpoint + anchorLine(nodeCrypto.sha256, origin, hashes, receipt)
  }

  async #receipt(anchor: number): Promise<AnchorReceipt> {
    const known = this.#receipts.get(anchor)
    if (known) return known
    const made = await tenantTransaction(this.#database.app, ANCHOR_TENANT, async (tx) => {
      const head = await store.readHead(tx)
      const [entry] = await readEntriesAt(tx, [anchor])
      if (!head || !entry) throw new Error('an entry of the anchor log is missing; verify it')
      const { origin, checkpoint } = head
      const proof = await inclusionOf(tx, anchor, head)
      return { origin, receipt: formatReceipt({ index: anchor, leaf: entry.bytes, proof, checkpoint }) }
    })
    this.#receipts.set(anchor, made)
    return made
  }
}
