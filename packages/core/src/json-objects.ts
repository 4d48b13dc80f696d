import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, SPACE } from './json-bytes.ts'

/**
 * Finds the objects of a JSON array of objects, which begins with the first byte, and visits where each starts and ends
 * until a visit answers false. Answers whether all was visited and the array is all that there is. What is within the
 * objects is not looked at, but for where strings and containers end: who reads them knows whether they are right.
 */
export function eachObject(bytes: Uint8Array, visit: (start: number, end: number) => boolean): boolean {
  if (bytes[0] !== OPEN_ARRAY) return false
  let at = skipSpace(bytes, 1)
  if (bytes[at] === CLOSE_ARRAY) return skipSpace(bytes, at + 1) === bytes.length
  for (;;) {
    const end = endOfObject(bytes, at)
    if (end === -1 || !visit(at, end)) return false
    at = skipSpace(bytes, end)
    if (bytes[at] === CLOSE_ARRAY) return skipSpace(bytes, at + 1) === bytes.length
    if (bytes[at] !== COMMA) return false
    at = skipSpace(bytes, at + 1)
  }
}

// -1: none begins here, or it does not end.
function endOfObject(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== OPEN_OBJECT) return -1
  let depth = 0
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (byte === QUOTE) {
      i = endOfString(bytes, i)
      if (i === -1) return -1
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) return i + 1
  }
  return -1
}

function endOfString(bytes: Uint8Array, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end !== -1; end = bytes.indexOf(QUOTE, end + 1)) {
    let escapes = 0
    while (bytes[end - 1 - escapes] === BACKSLASH) escapes++
    if (escapes % 2 === 0) return end
  }
  return -1
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from
  for (; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
  }
  return at
}
