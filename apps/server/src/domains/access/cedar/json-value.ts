import { Failure } from './failure.ts'
import { FUNCTIONS } from './functions.ts'
import { longOf } from './long.ts'
import { type CedarRecord, CedarSet, EntityReference, type Value } from './value.ts'

/** What a value of Cedar is written as in JSON (Cedar reference: entities and context syntax); a bigint where a number is not exact. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }

/** What an entity that is written is called. */
type Called = (written: { type: string; id: string }) => { type: string; id: string }
const asWritten: Called = (one) => one

/** Values within values; nobody means more, and a stack ends. */
const DEEPEST = 200

/** Reads a value with its escapes `__entity` and `__extn`. Throws a Failure of kind `extension` or `type`. */
export function readValue(json: JsonValue, depth = 0, called = asWritten): Value {
  if (depth > DEEPEST) throw new Failure('type', 'values are nested too deep')
  if (typeof json === 'string' || typeof json === 'boolean') return json
  if (typeof json === 'number' || typeof json === 'bigint') return readLong(json)
  if (json === null) throw new Failure('type', 'null is no value')
  if (isList(json)) return new CedarSet(json.map((one) => readValue(one, depth + 1, called)))
  const { __entity, __extn } = json
  if (__entity !== undefined) return readReference(__entity, called)
  if (__extn !== undefined) return readExtension(__extn, depth)
  return readRecord(json, depth, called)
}

/** Throws a Failure for what is no object, as `readValue` does. */
export function readRecord(json: JsonValue, depth = 0, called = asWritten): CedarRecord {
  if (!isObject(json)) throw new Failure('type', 'expected a record')
  return new Map(Object.entries(json).map(([name, value]) => [name, readValue(value, depth + 1, called)]))
}

/** Reads `{type, id}`, by itself or within `__entity`. */
export function readReference(json: JsonValue, called = asWritten): EntityReference {
  const { type, id } = isObject(json) ? (isObject(json.__entity) ? json.__entity : json) : {}
  if (typeof type !== 'string' || typeof id !== 'string') throw new Failure('type', 'expected an entity: {type, id}')
  const one = called({ type, id })
  return new EntityReference(one.type, one.id)
}

function readLong(json: number | bigint): number | bigint {
  const long = Number.isInteger(json) || typeof json === 'bigint' ? longOf(BigInt(json)) : null
  if (long === null) throw new Failure('type', `${json} is no 64-bit integer`)
  return long
}

/** The result of any extension function: `fn` of one `arg`, or of `args`. */
function readExtension(json: JsonValue, depth: number): Value {
  const { fn, arg, args } = isObject(json) ? json : {}
  const known = typeof fn === 'string' && Object.hasOwn(FUNCTIONS, fn) ? FUNCTIONS[fn] : undefined
  const [first, second, ...more] = (isList(args) ? args : arg === undefined ? [] : [arg]).map((one) =>
    readValue(one, depth + 1),
  )
  const isCalled = known?.arity === (second === undefined ? 1 : 2) && more.length === 0
  if (!known || !isCalled || first === undefined)
    throw new Failure('extension', 'expected {fn, arg} or {fn, args} of an extension function')
  return known.call(first, second)
}

function isList(json: JsonValue | undefined): json is readonly JsonValue[] {
  return Array.isArray(json)
}

function isObject(json: JsonValue | undefined): json is { readonly [name: string]: JsonValue } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
