/** A repeatable source of numbers, and of texts that were whole before it had them (mulberry32). */
export class Mutation {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A whole number below `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0]
  }

  /** Changes bytes in one to four places: flipped, cut, doubled, moved, or something odd in their place. */
  bytes(sample: Uint8Array): Buffer {
    let bytes = Buffer.from(sample)
    for (let times = 1 + this.below(4); times > 0; times--) bytes = this.#changed(bytes)
    return bytes
  }

  text(sample: string): string {
    return this.bytes(Buffer.from(sample)).toString()
  }

  /** Changes a JSON value somewhere: another kind, another name, more or less of it. */
  json(value: unknown): unknown {
    if (this.below(6) === 0) return this.pick(ODD_VALUES)
    if (typeof value === 'string') return this.text(value)
    if (Array.isArray(value)) {
      const values = value.map((one) => (this.below(2) === 0 ? this.json(one) : one))
      return this.below(4) === 0 ? [...values, ...values] : values
    }
    if (typeof value !== 'object' || value === null) return this.pick(ODD_VALUES)
    const entries = Object.entries(value).map(([name, one]): [string, unknown] => [
      this.below(8) === 0 ? this.pick(ODD_NAMES) : name,
      this.below(2) === 0 ? this.json(one) : one,
    ])
    return JSON.parse(`{${entries.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`)}}`)
  }

  #changed(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
    const [at, length] = [this.below(bytes.length + 1), this.below(40)]
    const [before, piece, rest] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)]
    switch (this.below(7)) {
      case 0: {
        const flipped = Buffer.from(bytes)
        const byte = flipped[at]
        if (byte !== undefined) flipped[at] = byte ^ (1 << this.below(8))
        return flipped
      }
      case 1:
        return Buffer.from(before)
      case 2:
        return Buffer.concat([before, rest])
      case 3:
        return Buffer.concat([before, piece, piece, rest])
      case 4:
        return Buffer.concat([before, rest, piece])
      case 5:
        return Buffer.concat([before, Buffer.from(this.pick(ODD_PIECES)), piece, rest])
      default:
        return Buffer.concat([before, Buffer.of(this.below(256), this.below(256)), rest])
    }
  }
}

const ODD_NAMES = ['__proto__', 'constructor', 'toString', '', 'value', '$ref', 'op', 'x'.repeat(300)] as const
const ODD_VALUES = [
  ...([null, true, 0, -1, 1e308, 2 ** 53, '', '\u0000', '__proto__', [], {}, [[[[[]]]]], { __proto__: null }] as const),
  ...(['x'.repeat(5_000), { value: { value: { value: 1 } } }, ['', null, {}], '\ud800', 'ﬀ\u202e'] as const),
] as [unknown, ...unknown[]]
const ODD_PIECES = [
  ...([
    '\0',
    '"',
    '\\',
    '(',
    ')',
    '[',
    ']',
    '<',
    '>',
    '&#0;',
    '<!DOCTYPE a>',
    '<![CDATA[',
    '-->',
    'xmlns:a="b"',
  ] as const),
  ...([
    '((((((((((((((((((((((((((((((((((((((((',
    ' and ',
    ' or not (',
    ' pr',
    '9'.repeat(60),
    '%',
    '=',
    '.',
    ';',
  ] as const),
  ...([
    '\u{1f4a9}',
    '\u202e',
    '__proto__',
    '\xff\xfe',
    '\x84\x7f\xff\xff\xff',
    '\x9b\xff\xff\xff\xff\xff\xff\xff\xff',
  ] as const),
] as unknown as [string, ...string[]]
