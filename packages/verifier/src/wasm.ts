/** Instructions of WebAssembly, encoded. */
export type Code = readonly number[]

/** A function of i32 parameters without a result, which is exported under its name. */
export interface WasmFunction {
  name: string
  parameters: number
  /** Further locals: so many i32, then so many v128. */
  integers: number
  vectors: number
  code: Code
}

/** The binary of a module (WebAssembly Core Specification 2.0, §5.5) with these functions and an exported `memory`. */
export function wasmModule(functions: readonly WasmFunction[], pages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, ...vector(Array(parameters).fill([I32])), ...vector([])])
  const exports = functions.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)])
  const bodies = functions.map(({ integers, vectors, code }) => {
    const body = [
      ...vector([
        [...unsigned(integers), I32],
        [...unsigned(vectors), V128],
      ]),
      ...code,
      0x0b,
    ]
    return [...unsigned(body.length), ...body]
  })
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(
      3,
      functions.map((_, i) => unsigned(i)),
    ),
    ...section(5, [[0x00, ...unsigned(pages)]]),
    ...section(7, [...exports, [...text('memory'), 0x02, 0x00]]),
    ...section(10, bodies),
  ])
}

const I32 = 0x7f
const V128 = 0x7b

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)]
export const constant = (value: number): Code => [0x41, ...signed(value)]
export const call = (index: number, ...values: Code[]): Code => [...values.flat(), 0x10, ...unsigned(index)]
/** Runs the code, and again as long as the condition after it holds. */
export const repeatWhile = (code: Code, condition: Code): Code => [0x03, 0x40, ...code, ...condition, 0x0d, 0x00, 0x0b]

// i32

export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a]
export const or = (a: Code, b: Code): Code => [...a, ...b, 0x72]
export const shiftLeft = (a: Code, bits: number): Code => [...a, ...constant(bits), 0x74]
export const isBelow = (a: Code, b: Code): Code => [...a, ...b, 0x49]
export const store = (at: Code, value: Code): Code => [...at, ...value, 0x36, 0x00, 0x00]

// v128

export const load128 = (at: Code, offset = 0): Code => simd(0x00, at, [0x00, ...unsigned(offset)])
/** One 32-bit word, four times. */
export const loadSplat32 = (at: Code, offset = 0): Code => simd(0x09, at, [0x00, ...unsigned(offset)])
export const store128 = (at: Code, value: Code, offset = 0): Code =>
  simd(0x0b, [...at, ...value], [0x00, ...unsigned(offset)])
/** 16 bytes of the 32 of both, by their places. */
export const shuffle8 = (a: Code, b: Code, places: readonly number[]): Code => simd(0x0d, [...a, ...b], places)
export const splat8 = (value: number): Code => simd(0x0f, constant(value))
export const splat32 = (value: number): Code => simd(0x11, constant(value))
export const equal8 = (a: Code, b: Code): Code => simd(0x23, [...a, ...b])
export const isBelowSigned8 = (a: Code, b: Code): Code => simd(0x25, [...a, ...b])
export const and128 = (a: Code, b: Code): Code => simd(0x4e, [...a, ...b])
export const or128 = (a: Code, b: Code): Code => simd(0x50, [...a, ...b])
export const xor128 = (a: Code, b: Code): Code => simd(0x51, [...a, ...b])
/** The bits of `a` where the mask has a 1, else those of `b`. */
export const select128 = (a: Code, b: Code, mask: Code): Code => simd(0x52, [...a, ...b, ...mask])
/** The highest bit of each byte. */
export const highBits8 = (a: Code): Code => simd(0x64, a)
export const shiftLeft32 = (a: Code, bits: number): Code => simd(0xab, [...a, ...constant(bits)])
export const shiftRight32 = (a: Code, bits: number): Code => simd(0xad, [...a, ...constant(bits)])
export const add32 = (...values: Code[]): Code => values.reduce(addTwo32)

function addTwo32(a: Code, b: Code): Code {
  return simd(0xae, [...a, ...b])
}

function simd(instruction: number, operands: Code, immediates: Code = []): Code {
  return [...operands, 0xfd, ...unsigned(instruction), ...immediates]
}

function section(id: number, items: readonly Code[]): number[] {
  const content = vector(items)
  return [id, ...unsigned(content.length), ...content]
}

function vector(items: readonly Code[]): number[] {
  return [...unsigned(items.length), ...items.flat()]
}

function text(name: string): number[] {
  return vector(Array.from(name, (character) => [character.charCodeAt(0)]))
}

// LEB128
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]
}

function signed(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)]
}
