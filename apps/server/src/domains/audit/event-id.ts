import { bytesToUuid } from '@probity/core'

// Ids that the server makes are UUIDv8 (RFC 9562 §5.8) of their own layout: 48 bits of milliseconds as in UUIDv7, two
// bits that are set, ten bits of microseconds within the millisecond, 62 random bits. Callers' ids of any other form
// are known by a row of their own; these need none, since their time says where to look.

const VERSION = 0x80
const MARK = 0x0c

/** An event id of our making for an event received at `microseconds`; `random` are eight bytes. */
export function ownEventId(microseconds: number, random: Uint8Array): string {
  const milliseconds = Math.floor(microseconds / 1000)
  const rest = microseconds - milliseconds * 1000
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(milliseconds, 0, 6)
  bytes[6] = VERSION | MARK | (rest >> 8)
  bytes[7] = rest & 0xff
  bytes.set(random, 8)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytesToUuid(bytes)
}

/** The millisecond that an id of our form was made in; null for an id of another form. */
export function millisecondOf(eventId: string): number | null {
  if (eventId[14] !== '8' || (Number.parseInt(eventId[15] ?? '', 16) & MARK) !== MARK) return null
  return Number.parseInt(eventId.slice(0, 8) + eventId.slice(9, 13), 16)
}

/** The same of an id's 16 bytes. */
export function millisecondIn(eventId: Uint8Array): number | null {
  const form = eventId[6] as number
  if ((form & 0xf0) !== VERSION || (form & MARK) !== MARK) return null
  return Buffer.from(eventId.buffer, eventId.byteOffset, 6).readUIntBE(0, 6)
}
