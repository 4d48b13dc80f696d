import { inflateRawSync } from 'node:zlib'
import { decodeBundle } from '@probity/core'
import type { SequencerTx } from '../../platform/database/transaction.ts'
import { BUNDLE } from './rules.ts'
import * as store from './store-sequencer.ts'
import { type TileChange, TreeEdge } from './tree.ts'

/** A stretch of leaves to be stored as one row: a full bundle, or a fragment of the open one. */
export interface Piece {
  first: number
  leaves: Uint8Array[]
  hashes: Buffer[]
}

/** What the sequencer keeps of one log between flushes: the tree's edge and the open bundle. */
export class LogState {
  readonly tenantId: string
  readonly #edge: TreeEdge
  /** Leaves after the last full bundle, and all that came since the last takeChanges. */
  #leaves: Uint8Array[]
  #hashes: Buffer[]
  #first: number

  constructor(tenantId: string, edge: TreeEdge, leaves: Uint8Array[], hashes: Buffer[]) {
    this.tenantId = tenantId
    this.#edge = edge
    this.#leaves = leaves
    this.#hashes = hashes
    this.#first = edge.size - leaves.length
  }

  get size(): number {
    return this.#edge.size
  }

  root(): Buffer {
    return this.#edge.root()
  }

  /** Appends a leaf; answers its index. */
  append(bytes: Uint8Array, hash: Buffer): number {
    const seq = this.#edge.size
    this.#edge.append(hash)
    this.#leaves.push(bytes)
    this.#hashes.push(hash)
    return seq
  }

  /** What must be stored for the entries from `from` on: full bundles whole, and the new part of the open one. */
  takeChanges(from: number): { bundles: Piece[]; tiles: TileChange[] } {
    const bundles: Piece[] = []
    while (this.#leaves.length >= BUNDLE) {
      bundles.push({
        first: this.#first,
        leaves: this.#leaves.splice(0, BUNDLE),
        hashes: this.#hashes.splice(0, BUNDLE),
      })
      this.#first += BUNDLE
    }
    const newTail = Math.max(from, this.#first) - this.#first
    if (newTail < this.#leaves.length) {
      bundles.push({
        first: this.#first + newTail,
        leaves: this.#leaves.slice(newTail),
        hashes: this.#hashes.slice(newTail),
      })
    }
    return { bundles, tiles: this.#edge.takeChanges() }
  }
}

/** Reads the states of logs; one that does not exist yet is empty. Throws when what is stored is not whole. */
export async function loadStates(tx: SequencerTx, tenantIds: string[]): Promise<Map<string, LogState>> {
  const heads = new Map((await store.readHeads(tx, tenantIds)).map((head) => [head.tenant_id, head]))
  const tails = [...heads.values()].map((head) => ({
    tenantId: head.tenant_id,
    from: head.size - (head.size % BUNDLE),
  }))
  const fragments = Map.groupBy(await store.readTails(tx, tails), (row) => row.tenant_id)
  const tiles = Map.groupBy(await store.readLastTiles(tx, tenantIds), (row) => row.tenant_id)
  return new Map(
    tenantIds.map((tenantId) => {
      const head = heads.get(tenantId)
      if (!head) return [tenantId, new LogState(tenantId, TreeEdge.restore(0, [], []), [], [])]
      return [tenantId, restoreState(head, fragments.get(tenantId) ?? [], tiles.get(tenantId) ?? [])]
    }),
  )
}

function restoreState(
  head: store.HeadRow,
  fragments: store.BundleRow[],
  tiles: { level: number; tile: number; hashes: Buffer }[],
): LogState {
  const leaves = fragments.flatMap((row) => decodeBundle(inflateRawSync(row.body), row.entries))
  const hashes = fragments.flatMap((row) => split(row.hashes))
  const byLevel: Buffer[][] = []
  for (let level = 1; BUNDLE ** level <= head.size; level++) {
    const expected = Math.floor(head.size / BUNDLE ** level) % BUNDLE
    const stored = tiles.find((tile) => tile.level === level)
    const current = stored && stored.tile === Math.floor(head.size / BUNDLE ** (level + 1)) ? split(stored.hashes) : []
    if (current.length !== expected) throw new Error('a tile of the log is missing or has another width')
    byLevel.push(current)
  }
  const edge = TreeEdge.restore(head.size, byLevel, hashes)
  if (leaves.length !== head.size % BUNDLE || hashes.length !== leaves.length || !edge.root().equals(head.root)) {
    throw new Error('the stored log does not lead to its signed root; it must be verified before it can grow')
  }
  return new LogState(head.tenant_id, edge, leaves, hashes)
}

function split(hashes: Buffer): Buffer[] {
  return Array.from({ length: hashes.length / 32 }, (_, i) => hashes.subarray(i * 32, i * 32 + 32))
}
