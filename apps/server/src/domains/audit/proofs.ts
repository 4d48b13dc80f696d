import { equal, hashOfSpan, inclusionSpans, rootFromInclusion, type Span, TILE_HEIGHT, tileOfNode } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { DomainError } from '../../platform/errors.ts'
import type { Run } from './export.ts'
import { inclusionOf, readerOf, tilesOf } from './prove.ts'
import type { FoundEntry } from './reader.ts'
import { BUNDLE } from './rules.ts'
import * as store from './store.ts'
import { TileCache, TileTree } from './tile-cache.ts'

/** Inclusion proofs of single entries, with as few readings as can be. Owns a cache of tiles. */
export class Proofs {
  readonly #cache = new TileCache()

  /** Proof that an entry is in the log of a head. Throws NOT_INTEGRATED when it is not yet. */
  async inclusion(run: Run, tenantId: string, found: FoundEntry, head: store.Head): Promise<Uint8Array[]> {
    const { index, hash } = found.entry
    if (index >= head.size) throw new DomainError('NOT_INTEGRATED')
    const proof = await this.#quickly(run, tenantId, found, head.size)
    if (proof && leadsTo(head, index, hash, proof)) return proof
    this.#cache.forget(tenantId)
    return run((tx) => inclusionOf(tx, index, head))
  }

  // Null where something that it needs is not stored.
  async #quickly(run: Run, tenantId: string, { entry, row }: FoundEntry, size: number): Promise<Uint8Array[] | null> {
    const spans = inclusionSpans(entry.index, size)
    const own = row.entries === BUNDLE ? new TileTree(row.hashes) : null
    const ownTile = Math.floor(entry.index / BUNDLE)
    const known = (span: Span) => this.#cache.span(tenantId, span.lo, span.hi)
    const needed = tilesOf(spans.filter((span) => !known(span)))
    const wanted = needed.filter(
      ({ level, tile }) => !(own && level === 0 && tile === ownTile) && !this.#cache.tile(tenantId, level, tile),
    )
    const fromTile = readerOf(await this.#read(run, tenantId, wanted))
    const read = (level: number, index: number) => {
      const { level: tileLevel, index: tile, first, count } = tileOfNode({ level, index })
      const tree = tileLevel === 0 && tile === ownTile && own ? own : this.#cache.tile(tenantId, tileLevel, tile)
      return tree ? tree.node(level % TILE_HEIGHT, first / count) : fromTile(level, index)
    }
    try {
      return spans.map((span) => {
        const hash = known(span) ?? hashOfSpan(nodeCrypto.sha256, span, read)
        const isRagged = span.hi === size && span.hi - span.lo > 1
        if (isRagged) this.#cache.keepSpan(tenantId, span.lo, span.hi, hash) // the same for most entries
        return hash
      })
    } catch {
      return null
    }
  }

  /** Stored tiles, read in one transaction, or in none where none is wanted; the cache keeps those that never change. */
  async #read(run: Run, tenantId: string, wanted: { level: number; tile: number }[]) {
    if (wanted.length === 0) return []
    const tiles = await run((tx) => store.readTilesAndHashes(tx, wanted))
    for (const { level, tile, hashes } of tiles) if (level > 0) this.#cache.keepTile(tenantId, level, tile, hashes)
    return tiles
  }
}

function leadsTo(head: store.Head, index: number, hash: Uint8Array, proof: readonly Uint8Array[]): boolean {
  try {
    return equal(rootFromInclusion(nodeCrypto.sha256, hash, BigInt(index), BigInt(head.size), proof), head.root)
  } catch {
    return false
  }
}
