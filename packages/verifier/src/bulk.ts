import { type Digest, HASH_LENGTH, markBytes, tileRoot } from '@probity/core'
import { CONSTANTS_AT, NODES_AT, sha256Constants, sha256Functions } from './sha256-lanes.ts'
import {
  add,
  constant,
  equal8,
  get,
  highBits8,
  isBelow,
  isBelowSigned8,
  load128,
  or,
  or128,
  repeatWhile,
  set,
  shiftLeft,
  splat8,
  store,
  type WasmFunction,
  wasmModule,
} from './wasm.ts'

// What is done with all bytes or hashes of a bundle at once, by vectors of WebAssembly: there is nothing that a call
// for each would not double the cost of. Where that does not run, in JavaScript.

/** Where the bytes to mark begin; the nodes of a bundle end before. */
const BYTES_AT = 16_384
const PAGE = 65_536

/** mark(at, end, to): markBytes of core for the bytes from `at` on; 32 at a time. */
const mark: WasmFunction = {
  name: 'mark',
  parameters: 3,
  integers: 0,
  vectors: 1,
  code: repeatWhile(
    [
      ...store(get(2), or(marksOf(0), shiftLeft(marksOf(16), 16))),
      ...set(0, add(get(0), constant(32))),
      ...set(2, add(get(2), constant(4))),
    ],
    isBelow(get(0), get(1)),
  ),
}

// As signed bytes, those beyond ASCII are below the controls.
function marksOf(offset: number) {
  const bytes = 3
  const is = (character: string) => equal8(get(bytes), splat8(character.charCodeAt(0)))
  return [
    ...set(bytes, load128(get(0), offset)),
    ...highBits8(or128(or128(is('"'), is('\\')), isBelowSigned8(get(bytes), splat8(0x20)))),
  ]
}

/** What the types of ES2024 do not know. */
interface WebAssemblyGlobal {
  Module: new (binary: Uint8Array<ArrayBuffer>) => object
  Instance: new (module: object) => { exports: unknown }
}

interface Kernel {
  memory: { buffer: ArrayBuffer; grow(pages: number): number }
  mark(at: number, end: number, to: number): void
  hashNodes(end: number): void
}

const kernel = loadKernel()

function loadKernel(): Kernel | null {
  try {
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyGlobal }).WebAssembly
    const loaded = new Instance(new Module(wasmModule([...sha256Functions, mark], 1))).exports as Kernel
    new Int32Array(loaded.memory.buffer, CONSTANTS_AT, sha256Constants.length).set(sha256Constants)
    return loaded
  } catch {
    return null
  }
}

/** The marks of bytes, as markBytes makes them; good until the next call. */
export function marksOfBytes(bytes: Uint8Array): Uint32Array {
  if (kernel === null) return markBytes(bytes)
  const words = Math.ceil(bytes.length / 32)
  const end = BYTES_AT + words * 32
  const missing = end + words * 4 - kernel.memory.buffer.byteLength
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE))
  new Uint8Array(kernel.memory.buffer, BYTES_AT, bytes.length).set(bytes)
  kernel.mark(BYTES_AT, end, end)
  return new Uint32Array(kernel.memory.buffer, end, words)
}

/** The root of a complete subtree of at most 256 hashes. */
export function rootOfSubtree(digest: Digest, hashes: Uint8Array): Uint8Array {
  if (kernel === null) return tileRoot(digest, hashes)
  const nodes = nodesOf(kernel, hashes)
  for (let length = hashes.length; length > HASH_LENGTH; length /= 2) kernel.hashNodes(NODES_AT + length)
  return nodes.slice(0, HASH_LENGTH)
}

/** All nodes of a complete subtree of at most 256 hashes: these, then those of each two of them, up to the root. */
export function levelsOfSubtree(digest: Digest, hashes: Uint8Array): Uint8Array[] {
  const levels = [hashes]
  const nodes = kernel && nodesOf(kernel, hashes)
  for (let below = hashes; below.length > HASH_LENGTH; ) {
    const above = new Uint8Array(below.length / 2)
    if (kernel && nodes) {
      kernel.hashNodes(NODES_AT + below.length)
      above.set(nodes.subarray(0, above.length))
    } else
      for (let at = 0; at < above.length; at += HASH_LENGTH)
        above.set(tileRoot(digest, below.subarray(2 * at, 2 * (at + HASH_LENGTH))), at)
    levels.push(above)
    below = above
  }
  return levels
}

function nodesOf({ memory }: Kernel, hashes: Uint8Array): Uint8Array {
  const nodes = new Uint8Array(memory.buffer, NODES_AT, hashes.length)
  nodes.set(hashes)
  return nodes
}
