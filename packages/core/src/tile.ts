import { concat, readU16, u16 } from './bytes.ts'
import type { Digest } from './crypto.ts'
import { FormatError } from './errors.ts'
import { HASH_LENGTH } from './merkle.ts'
import { CompactRange } from './range.ts'
import type { NodeAddress, NodeReader } from './span.ts'

/** Hashes of a full tile, entries of a full bundle (C2SP tlog-tiles). */
export const TILE_WIDTH = 256
/** log2 of TILE_WIDTH. */
export const TILE_HEIGHT = 8
/** Most bytes of an entry: its length is a u16. */
export const MAX_ENTRY_LENGTH = 65_535

export interface TileName {
  /** 0 to 63, or `entries` for an entry bundle. */
  level: number | 'entries'
  index: number
  /** 1 to 255 for a partial tile, 256 for a full one. */
  width: number
}

const PATH = /^tile\/(entries|0|[1-5]?[1-9]|[1-6]0|6[1-3])\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/

/** `tile/<L>/<N>[.p/<W>]` of C2SP tlog-tiles. */
export function formatTilePath({ level, index, width }: TileName): string {
  const digits = `${index}`.padStart(Math.ceil(`${index}`.length / 3) * 3, '0')
  const groups = digits.match(/\d{3}/g) ?? []
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/${level}/${path}${width < TILE_WIDTH ? `.p/${width}` : ''}`
}

/** Inverse of formatTilePath; refuses every other spelling with FormatError. */
export function parseTilePath(path: string): TileName {
  const [, level, groups, partial] = PATH.exec(path) ?? []
  if (level === undefined || groups === undefined) throw malformedPath(path)
  const name: TileName = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  }
  if (!Number.isSafeInteger(name.index) || formatTilePath(name) !== path) throw malformedPath(path)
  return name
}

/** An entry bundle: u16 length ‖ bytes, one after the other. At most 256 entries of at most 65,535 bytes. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length > TILE_WIDTH) throw malformedBundle('more than 256 entries')
  if (entries.some((entry) => entry.length > MAX_ENTRY_LENGTH))
    throw malformedBundle('an entry of more than 65,535 bytes')
  return concat(entries.flatMap((entry) => [u16(entry.length), entry]))
}

/** Bytes of an entry's length, before it. */
export const LENGTH_BYTES = 2

/** Where each of the `count` entries of a bundle ends. Throws FormatError when it has more, fewer or a rest. */
export function endsOfEntries(bytes: Uint8Array, count: number): Uint32Array {
  const ends = new Uint32Array(count)
  let at = 0
  for (let i = 0; i < count; i++) {
    const end = at + LENGTH_BYTES + (at + LENGTH_BYTES > bytes.length ? 0 : readU16(bytes, at))
    if (end > bytes.length) throw malformedBundle(`the bundle ends in entry ${i} of ${count}`)
    ends[i] = end
    at = end
  }
  if (at !== bytes.length) throw malformedBundle(`the bundle goes on after ${count} entries`)
  return ends
}

/** The `count` entries of a bundle, as views of its bytes. Throws FormatError when it has more, fewer or a rest. */
export function decodeBundle(bytes: Uint8Array, count: number): Uint8Array[] {
  const entries: Uint8Array[] = []
  let start = LENGTH_BYTES
  for (const end of endsOfEntries(bytes, count)) {
    entries.push(bytes.subarray(start, end))
    start = end + LENGTH_BYTES
  }
  return entries
}

/** MTH of the concatenated hashes of a tile, full or partial. */
export function tileRoot(digest: Digest, hashes: Uint8Array): Uint8Array {
  const range = new CompactRange(digest)
  for (let at = 0; at < hashes.length; at += HASH_LENGTH) range.append(hashes.subarray(at, at + HASH_LENGTH))
  return range.root()
}

/** Where a complete subtree is read from: hashes `first` to `first + count` of a tile. */
export interface TileSlice {
  level: number
  index: number
  first: number
  count: number
}

/** The slice of the one tile that a complete subtree is computed from. */
export function tileOfNode({ level, index }: NodeAddress): TileSlice {
  const count = 2 ** (level % TILE_HEIGHT)
  const offset = index * count
  return {
    level: Math.floor(level / TILE_HEIGHT),
    index: Math.floor(offset / TILE_WIDTH),
    first: offset % TILE_WIDTH,
    count,
  }
}

/** A NodeReader over tiles: `read` gives the concatenated hashes of a tile, at least as many as the size has. */
export function tileReader(digest: Digest, read: (level: number, index: number) => Uint8Array): NodeReader {
  return (level, index) => {
    const slice = tileOfNode({ level, index })
    const hashes = read(slice.level, slice.index)
    const end = slice.first + slice.count
    if (hashes.length < end * HASH_LENGTH) throw new RangeError(`tile ${slice.level}/${slice.index} is too short`)
    return tileRoot(digest, hashes.subarray(slice.first * HASH_LENGTH, end * HASH_LENGTH))
  }
}

function malformedPath(path: string): FormatError {
  return new FormatError('TILE_PATH_MALFORMED', `not a tile path: ${path.slice(0, 100)}`)
}

function malformedBundle(message: string): FormatError {
  return new FormatError('BUNDLE_MALFORMED', message)
}
