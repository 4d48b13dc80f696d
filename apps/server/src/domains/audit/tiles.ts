import { encodeBundle, parseTilePath, TILE_WIDTH } from '@probity/core'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { openBundle } from './reader.ts'
import { BUNDLE } from './rules.ts'
import * as store from './store.ts'

/** Bytes of the tile or entry bundle at a C2SP tlog-tiles path. Throws NOT_FOUND where the log has none such. */
export async function readTileBytes(tx: Tx, path: string): Promise<Buffer> {
  const name = parse(path)
  if (name.level === 'entries' || name.level === 0) {
    const first = name.index * BUNDLE
    const rows = await store.readBundles(tx, first, first + name.width)
    const entries = rows
      .flatMap((row) => openBundle(row))
      .filter(({ index }) => index >= first && index < first + name.width)
    if (entries.length !== name.width) throw new DomainError('NOT_FOUND')
    return name.level === 0
      ? Buffer.concat(entries.map(({ hash }) => hash))
      : Buffer.from(encodeBundle(entries.map(({ bytes }) => bytes)))
  }
  const hashes = await store.readTile(tx, name.level, name.index)
  const wanted = name.width * 32
  if (!hashes || hashes.length < wanted || name.width > TILE_WIDTH) throw new DomainError('NOT_FOUND')
  return hashes.subarray(0, wanted)
}

function parse(path: string) {
  try {
    return parseTilePath(path)
  } catch {
    throw new DomainError('NOT_FOUND')
  }
}
