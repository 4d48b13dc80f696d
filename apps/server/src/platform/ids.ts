import { randomBytes } from 'node:crypto'
import { uuidv7 } from '@probity/core'

/** UUIDv7 (RFC 9562 §5.7) of a time in microseconds. */
export function newId(microseconds: number): string {
  return uuidv7(Math.floor(microseconds / 1000), randomBytes(10))
}
