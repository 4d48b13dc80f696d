import {
  add,
  add32,
  and128,
  type Code,
  call,
  constant,
  get,
  isBelow,
  load128,
  loadSplat32,
  or128,
  repeatWhile,
  select128,
  set,
  shiftLeft32,
  shiftRight32,
  shuffle8,
  splat32,
  store128,
  type WasmFunction,
  xor128,
} from './wasm.ts'

// SHA-256 (FIPS 180-4) of four messages at once: a vector holds the same word of each.

/** Where the round constants stand, four bytes each, little-endian: sha256Constants. */
export const CONSTANTS_AT = 0
const CONSTANTS_LENGTH = 256
/** The words of a block, 16 bytes each, then the state. */
const WORDS_AT = CONSTANTS_AT + CONSTANTS_LENGTH
const STATE_AT = WORDS_AT + 256
/** Where hashNodes finds hashes and leaves hashes. A byte before it is read. */
export const NODES_AT = 1024

/** FIPS 180-4 §4.2.2, §5.3.3: fractions of the roots of the first primes. */
const PRIMES = primes(64)
const INITIAL = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)))
export const sha256Constants = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)))

/** compress(): takes the block at WORDS_AT into the state (§6.2.2). */
const compress: WasmFunction = { name: 'compress', parameters: 0, integers: 1, vectors: 25, code: compressCode() }

/**
 * hashNodes(end): of the hashes from NODES_AT to before `end`, each two become that of their node (RFC 9162 §2.1.1),
 * eight at a time; the new ones stand from NODES_AT on.
 */
const hashNodes: WasmFunction = { name: 'hashNodes', parameters: 1, integers: 2, vectors: 4, code: hashNodesCode() }

export const sha256Functions = [compress, hashNodes]

function compressCode(): Code {
  const constants = 0
  const state = range(8, 1)
  const words = range(16, 9)
  const sum = 25
  const rounds = (isLast: boolean) => range(16).flatMap((t) => round(t, state, words, constants, sum, isLast))
  return [
    ...state.flatMap((local, i) => set(local, load128(constant(0), STATE_AT + i * 16))),
    ...words.flatMap((local, i) => set(local, load128(constant(0), WORDS_AT + i * 16))),
    ...repeatWhile(
      [...rounds(false), ...set(constants, add(get(constants), constant(64)))],
      isBelow(get(constants), constant(192)),
    ),
    ...rounds(true),
    ...state.flatMap((local, i) => {
      const before = load128(constant(0), STATE_AT + i * 16)
      return store128(constant(0), add32(before, get(local)), STATE_AT + i * 16)
    }),
  ]
}

// Instead of moving the state on, the next round takes it by other names. A word makes way for the one 16 later.
function round(t: number, state: number[], words: number[], constants: number, sum: number, isLast: boolean): Code {
  const [a, b, c, d, e, f, g, h] = range(8).map((i) => state[(i - t + 16) % 8] as number) as Eight
  const word = (i: number) => words[(t + i) % 16] as number
  return [
    ...set(
      sum,
      add32(
        add32(get(h), add32(loadSplat32(get(constants), CONSTANTS_AT + t * 4), get(word(0)))),
        select128(get(f), get(g), get(e)),
        mixed(e, [6, 11, 25]),
      ),
    ),
    ...set(d, add32(get(d), get(sum))),
    ...set(h, add32(get(sum), select128(get(c), get(b), xor128(get(a), get(b))), mixed(a, [2, 13, 22]))),
    ...(isLast
      ? []
      : set(word(0), add32(get(word(0)), mixed(word(1), [7, 18], 3), get(word(9)), mixed(word(14), [17, 19], 10)))),
  ]
}

type Eight = [number, number, number, number, number, number, number, number]

// §4.1.2: a vector, turned right by several distances, and maybe shifted, all taken together.
function mixed(local: number, turns: number[], shift?: number): Code {
  const x = get(local)
  const all = turns.map((by) => or128(shiftRight32(x, by), shiftLeft32(x, 32 - by)))
  if (shift !== undefined) all.push(shiftRight32(x, shift))
  return all.reduce(xor128)
}

// A node's message is 0x01 and 64 bytes: a block that stands a byte before them, and one of the last byte.
function hashNodesCode(): Code {
  const [end, from, to] = [0, 1, 2]
  const rows = range(4, 3)
  const storeWord = (i: number, value: Code) => store128(constant(0), value, WORDS_AT + i * 16)
  const transposed = (loads: Code[], use: (column: number, value: Code) => Code): Code => [
    ...loads.flatMap((load, i) => set(rows[i] as number, load)),
    ...range(4).flatMap((column) => use(column, gather(rows, column))),
  ]
  const firstBlock = range(4).flatMap((quarter) =>
    transposed(
      range(4).map((lane) => swapped(load128(get(from), quarter * 16 + lane * 64 - 1 + NODES_AT))),
      (column, value) => storeWord(quarter * 4 + column, quarter + column === 0 ? withNodePrefix(value) : value),
    ),
  )
  const lastBytes = transposed(
    range(4).map((lane) => load128(get(from), lane * 64 + 48 + NODES_AT)),
    (column, value) =>
      column === 3 ? storeWord(0, or128(and128(value, splat32(0xff000000 | 0)), splat32(0x800000))) : [],
  )
  const lastBlock = [
    ...lastBytes,
    ...range(14, 1).flatMap((i) => storeWord(i, splat32(0))),
    ...storeWord(15, splat32(65 * 8)),
  ]
  const results = [0, 16].flatMap((offset) =>
    transposed(
      range(4).map((i) => load128(constant(0), STATE_AT + offset * 4 + i * 16)),
      (lane, value) => store128(get(to), swapped(value), lane * 32 + offset + NODES_AT),
    ),
  )
  return repeatWhile(
    [
      ...INITIAL.flatMap((value, i) => store128(constant(0), splat32(value), STATE_AT + i * 16)),
      ...firstBlock,
      ...call(0),
      ...lastBlock,
      ...call(0),
      ...results,
      ...set(from, add(get(from), constant(256))),
      ...set(to, add(get(to), constant(128))),
    ],
    isBelow(add(get(from), constant(NODES_AT)), get(end)),
  )
}

// The word of this column of each of four rows.
function gather([a, b, c, d]: number[], column: number): Code {
  const at = (vector: number) => range(4, vector * 16 + column * 4)
  const pair = (first: number, second: number) =>
    shuffle8(get(first), get(second), [...at(0), ...at(1), ...at(0), ...at(1)])
  return shuffle8(pair(a as number, b as number), pair(c as number, d as number), [...range(8), ...range(8, 16)])
}

// Words are big-endian in a message, little-endian in a vector.
function swapped(value: Code): Code {
  return shuffle8(
    value,
    value,
    range(16).map((i) => i ^ 3),
  )
}

// The byte before the first of the node is not of it.
function withNodePrefix(value: Code): Code {
  return or128(and128(value, splat32(0x00ffffff)), splat32(0x01000000))
}

function range(length: number, first = 0): number[] {
  return Array.from({ length }, (_, i) => first + i)
}

function primes(count: number): number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
}

// The first 32 bits after the point.
function fraction(value: number): number {
  return Math.floor((value % 1) * 2 ** 32) | 0
}
