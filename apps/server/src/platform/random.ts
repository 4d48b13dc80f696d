import { randomFillSync } from 'node:crypto'

const POOL = 8192
let pool = Buffer.alloc(0)
let used = 0

/**
 * Random bytes of the system's generator, fetched many at a time: a call for each few bytes costs more than what they
 * are for. Each byte is given away once.
 */
export function randomPiece(length: number): Buffer {
  if (used + length > pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(Math.max(POOL, length)))
    used = 0
  }
  used += length
  return pool.subarray(used - length, used)
}
