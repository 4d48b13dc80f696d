import {
  consistencySpans,
  hashOfSpan,
  inclusionSpans,
  type NodeReader,
  nodesOfSpan,
  type Span,
  tileOfNode,
  tileReader,
} from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import * as store from './store.ts'

/** Hashes of spans of the tree of `size` leaves, read from stored tiles. */
export async function hashSpans(tx: Tx, spans: readonly Span[]): Promise<Uint8Array[]> {
  const read = await nodeReader(tx, spans)
  return spans.map((span) => hashOfSpan(nodeCrypto.sha256, span, read))
}

/** Proof that an entry is in the log of a head. Throws NOT_INTEGRATED when it is not yet. */
export function inclusionOf(tx: Tx, index: number, { size }: store.Head): Promise<Uint8Array[]> {
  if (index >= size) throw new DomainError('NOT_INTEGRATED')
  return hashSpans(tx, inclusionSpans(index, size))
}

/** RFC 9162 §2.1.4 proof that the tree of `from` leaves is the beginning of the one of `to`. */
export async function consistencyOf(tx: Tx, from: number, to: number): Promise<Uint8Array[]> {
  if (from === 0 || from === to) return []
  return hashSpans(tx, consistencySpans(from, to))
}

async function nodeReader(tx: Tx, spans: readonly Span[]): Promise<NodeReader> {
  return readerOf(await store.readTilesAndHashes(tx, tilesOf(spans)))
}

/** Tiles that the hashes of spans are made of, each once. Those of level 0 are the leaf hashes beside the bundles. */
export function tilesOf(spans: readonly Span[]): { level: number; tile: number }[] {
  const tiles = new Map<string, { level: number; tile: number }>()
  for (const node of spans.flatMap((span) => nodesOfSpan(span))) {
    const { level, index } = tileOfNode(node)
    tiles.set(`${level}/${index}`, { level, tile: index })
  }
  return [...tiles.values()]
}

/** Reads nodes from tiles; it throws for a node whose tile is not among them. */
export function readerOf(stored: readonly { level: number; tile: number; hashes: Uint8Array }[]): NodeReader {
  const tiles = new Map(stored.map(({ level, tile, hashes }) => [`${level}/${tile}`, hashes]))
  return tileReader(nodeCrypto.sha256, (level, index) => tiles.get(`${level}/${index}`) ?? new Uint8Array())
}
