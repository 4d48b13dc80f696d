/** Reads bits from the end of bytes to their start (RFC 8878 §4.1): the highest bit that is set only says where. */
export class BackwardBits {
  readonly #bytes: Uint8Array
  #left: number

  constructor(bytes: Uint8Array) {
    const last = bytes.at(-1) ?? 0
    if (last === 0) throw malformed('a bit stream without its end')
    this.#bytes = bytes
    this.#left = bytes.length * 8 - 1 - Math.clz32(last) + 24
  }

  /** Bits that were not read; negative where more were read than there are, which count as zeros. */
  get left(): number {
    return this.#left
  }

  read(count: number): number {
    if (count > 16) return this.read(count - 16) * 65_536 + this.read(16)
    const bits = this.peek(count)
    this.#left -= count
    return bits
  }

  /** What reading so many bits, at most 16, would give. */
  peek(count: number): number {
    const from = this.#left - count
    if (from < 0) return from < -16 ? 0 : (this.#from(0) << -from) & ((1 << count) - 1)
    return this.#from(from) & ((1 << count) - 1)
  }

  skip(count: number): void {
    this.#left -= count
  }

  /** Throws RangeError unless all was read, and no more. */
  requireEnd(): void {
    if (this.#left !== 0) throw malformed('a bit stream of another length')
  }

  #from(bit: number): number {
    const at = bit >> 3
    const bytes = this.#bytes
    return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)) >> (bit & 7)
  }
}

export function malformed(why: string): RangeError {
  return new RangeError(why)
}
