import { HASH_LENGTH, TILE_WIDTH } from '@probity/core'
import { levelsOfSubtree, nodeCrypto } from '@probity/verifier/node'
import { BoundedMap } from '../../platform/bounded-map.ts'

/** Full tiles with all nodes above their hashes: 16 kB each. */
const MOST_TILES = 2_000
const MOST_SPANS = 10_000

/** A full tile, and the hash of every subtree within it. */
export class TileTree {
  /** Hashes of the subtrees of 2^i hashes of the tile, one after the other. */
  readonly #levels: Uint8Array[]

  constructor(hashes: Uint8Array) {
    this.#levels = levelsOfSubtree(nodeCrypto.sha256, hashes)
  }

  /** Hash of a subtree of 2^height hashes, the `place`-th of its height. */
  node(height: number, place: number): Uint8Array {
    return (this.#levels[height] as Uint8Array).subarray(HASH_LENGTH * place, HASH_LENGTH * (place + 1))
  }
}

/**
 * Tiles of level 1 and above, and hashes of stretches, as they were read for proofs. A full tile and the hash of given
 * leaves never change, unless somebody puts a backup back: who makes a proof looks whether it leads to the signed root,
 * and forgets what it had when it does not. Verification reads what is stored and never this.
 */
export class TileCache {
  readonly #tiles = new BoundedMap<string, TileTree>(MOST_TILES)
  readonly #spans = new BoundedMap<string, Uint8Array>(MOST_SPANS)

  tile(tenantId: string, level: number, tile: number): TileTree | undefined {
    return this.#tiles.get(`${tenantId}/${level}/${tile}`)
  }

  /** Keeps a tile if it is full. */
  keepTile(tenantId: string, level: number, tile: number, hashes: Uint8Array): void {
    if (hashes.length === TILE_WIDTH * HASH_LENGTH)
      this.#tiles.set(`${tenantId}/${level}/${tile}`, new TileTree(hashes))
  }

  /** Hash of the leaves from `lo` to before `hi`. */
  span(tenantId: string, lo: number, hi: number): Uint8Array | undefined {
    return this.#spans.get(`${tenantId}/${lo}-${hi}`)
  }

  keepSpan(tenantId: string, lo: number, hi: number, hash: Uint8Array): void {
    this.#spans.set(`${tenantId}/${lo}-${hi}`, hash)
  }

  forget(tenantId: string): void {
    const isTheirs = (key: string) => key.startsWith(`${tenantId}/`)
    this.#tiles.deleteWhere(isTheirs)
    this.#spans.deleteWhere(isTheirs)
  }
}
