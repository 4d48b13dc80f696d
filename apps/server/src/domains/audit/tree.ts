import { createHash, hash } from 'node:crypto'

const TILE_HASHES = 256
const NODE_PREFIX = 0x01 // RFC 9162 §2.1.1

/** A tile of level 1 or above as it stands after an append; the last of a level may be partial. */
export interface TileChange {
  level: number
  tile: number
  hashes: Buffer
}

/**
 * The right edge of a tenant's Merkle tree, as the sequencer holds it: enough to append and to know the root.
 * It is changed in place; after a flush that failed it is thrown away and read again.
 */
export class TreeEdge {
  /** Complete subtrees from left to right, each with the logarithm of its size. */
  readonly #stack: { level: number; hash: Buffer }[] = []
  /** Hashes of the last tile of each tile level from 1. */
  readonly #tiles: Buffer[][] = []
  readonly #changed = new Set<number>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /**
   * The edge of a stored log. `tiles[i]` holds the hashes of the last tile of level i + 1 (empty when it is
   * full), `tail` the leaf hashes after the last full bundle.
   */
  static restore(size: number, tiles: Buffer[][], tail: Buffer[]): TreeEdge {
    const edge = new TreeEdge()
    edge.#size = size
    edge.#tiles.push(...tiles.map((hashes) => [...hashes]))
    for (let level = tiles.length; level >= 1; level--) edge.#pushTile(level, tiles[level - 1] ?? [])
    for (const hash of tail) edge.#push(0, hash)
    return edge
  }

  /** Appends a leaf hash. */
  append(hash: Buffer): void {
    this.#push(0, hash)
    this.#size++
  }

  /** Appends a full bundle by the root of its leaf hashes; the size is a multiple of 256. */
  appendBundle(root: Buffer): void {
    this.#addToTile(1, root)
    this.#push(8, root)
    this.#size += TILE_HASHES
  }

  /** RFC 9162 §2.1.1 root of all leaves so far. */
  root(): Buffer {
    const last = this.#stack.at(-1)
    if (!last) return createHash('sha256').digest()
    return this.#stack.slice(0, -1).reduceRight((right, { hash }) => hashNode(hash, right), last.hash)
  }

  /** Tiles that changed since the last call. A tile that filled up is among them once, whole. */
  takeChanges(): TileChange[] {
    const changes = [...this.#full]
    this.#full.length = 0
    for (const level of this.#changed) {
      const hashes = this.#tiles[level - 1] ?? []
      if (hashes.length === 0) continue
      changes.push({ level, tile: Math.floor(this.#size / TILE_HASHES ** (level + 1)), hashes: Buffer.concat(hashes) })
    }
    this.#changed.clear()
    return changes
  }

  readonly #full: TileChange[] = []

  #push(level: number, hash: Buffer): void {
    let node = { level, hash }
    for (;;) {
      if (node.level > 0 && node.level % 8 === 0 && node.level !== level) this.#addToTile(node.level / 8, node.hash)
      const left = this.#stack.at(-1)
      if (left?.level !== node.level) break
      this.#stack.pop()
      node = { level: node.level + 1, hash: hashNode(left.hash, node.hash) }
    }
    this.#stack.push(node)
  }

  // On restore the tiles are there already: their hashes go onto the stack and not into tiles again.
  #pushTile(level: number, hashes: Buffer[]): void {
    let at = 0
    for (let bits = 7; bits >= 0; bits--) {
      const count = 1 << bits
      if ((hashes.length & count) === 0) continue
      this.#stack.push({ level: level * 8 + bits, hash: subtreeRoot(hashes.slice(at, at + count)) })
      at += count
    }
  }

  #addToTile(level: number, hash: Buffer): void {
    const hashes = this.#tiles[level - 1] ?? []
    this.#tiles[level - 1] = hashes
    hashes.push(hash)
    this.#changed.add(level)
    if (hashes.length < TILE_HASHES) return
    // The leaf that is being appended is not counted in size yet, and it is the last one of this tile.
    const tile = Math.floor(this.#size / TILE_HASHES ** (level + 1))
    this.#full.push({ level, tile, hashes: Buffer.concat(hashes) })
    this.#tiles[level - 1] = []
  }
}

/** Root of a complete subtree from the hashes of its 1, 2, 4, … parts. */
export function subtreeRoot(hashes: readonly Buffer[]): Buffer {
  let row = hashes
  while (row.length > 1) {
    const above: Buffer[] = []
    for (let i = 0; i + 1 < row.length; i += 2) above.push(hashNode(row[i] as Buffer, row[i + 1] as Buffer))
    row = above
  }
  return row[0] as Buffer
}

// One buffer and one call a node: this is done for each entry, and node:crypto is twice as fast by a text of bytes.
const scratch = Buffer.alloc(65, NODE_PREFIX)

function hashNode(left: Buffer, right: Buffer): Buffer {
  left.copy(scratch, 1)
  right.copy(scratch, 33)
  return Buffer.from(hash('sha256', scratch, 'binary'), 'latin1')
}
