const BYTEA = 17 // pg_type.oid
const HEAD = 20

/**
 * A one-dimensional bytea[] in PostgreSQL's binary form (array_recv, bytearecv): a Buffer travels as a binary
 * parameter, where an array of Buffers would be written as text, two digits a byte. Null stands for NULL.
 */
export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer<ArrayBuffer> {
  const length = values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), values.length === 0 ? 12 : HEAD)
  const bytes = Buffer.from(new ArrayBuffer(length))
  bytes.writeInt32BE(values.length === 0 ? 0 : 1, 0) // dimensions
  bytes.writeInt32BE(values.includes(null) ? 1 : 0, 4)
  bytes.writeInt32BE(BYTEA, 8)
  if (values.length === 0) return bytes
  bytes.writeInt32BE(values.length, 12)
  bytes.writeInt32BE(1, 16) // lower bound
  let at = HEAD
  for (const value of values) {
    bytes.writeInt32BE(value?.length ?? -1, at)
    if (value) bytes.set(value, at + 4)
    at += 4 + (value?.length ?? 0)
  }
  return bytes
}

/** Takes the values of such an array one after the other, as views; it has no NULL. */
export function byteaCutter(array: Uint8Array<ArrayBuffer>): () => Buffer {
  const bytes = Buffer.from(array.buffer, array.byteOffset, array.length)
  let at = HEAD
  return () => {
    const start = at + 4
    at = start + bytes.readInt32BE(at)
    return bytes.subarray(start, at)
  }
}
