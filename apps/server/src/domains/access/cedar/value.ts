import { isLong, type Long } from './long.ts'

/** A value of Cedar. */
export type Value = boolean | Long | string | EntityReference | CedarSet | CedarRecord | Extension | IpAddress

export type CedarRecord = ReadonlyMap<string, Value>

/** Names an entity, whether there is one or not. */
export class EntityReference {
  readonly type: string
  readonly id: string
  /** Type and id as one text; no type has a NUL in it. */
  readonly key: string

  constructor(type: string, id: string) {
    this.type = type
    this.id = id
    this.key = `${type}\0${id}`
  }
}

/** A set: values by what makes them equal. */
export class CedarSet {
  readonly byKey: ReadonlyMap<string, Value>

  constructor(values: Iterable<Value>) {
    const byKey = new Map<string, Value>()
    for (const value of values) byKey.set(keyOf(value), value)
    this.byKey = byKey
  }

  has(value: Value): boolean {
    return this.byKey.has(keyOf(value))
  }
}

export type ExtensionKind = 'decimal' | 'datetime' | 'duration'

/** A decimal in ten-thousandths, or a datetime or duration in milliseconds. */
export class Extension {
  readonly kind: ExtensionKind
  readonly amount: Long

  constructor(kind: ExtensionKind, amount: Long) {
    this.kind = kind
    this.amount = amount
  }
}

/** An address with the length of its prefix: one host, or a network. */
export class IpAddress {
  readonly family: 4 | 6
  readonly bits: bigint
  readonly prefix: number

  constructor(family: 4 | 6, bits: bigint, prefix: number) {
    this.family = family
    this.bits = bits
    this.prefix = prefix
  }
}

/** Equal in the sense of `==`: values of different types are not, and it never errors. */
export function equals(a: Value, b: Value): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object') return false
  if (a instanceof EntityReference) return b instanceof EntityReference && a.key === b.key
  return !(b instanceof EntityReference) && keyOf(a) === keyOf(b)
}

/** A text that two values share exactly if they are equal. */
export function keyOf(value: Value): string {
  if (typeof value === 'string') return `"${value}`
  if (typeof value === 'boolean') return value ? 'T' : 'F'
  if (isLong(value)) return `${value}`
  if (value instanceof EntityReference) return `@${value.key}`
  if (value instanceof Extension) return `${value.kind}:${value.amount}`
  if (value instanceof IpAddress) return `ip${value.family}:${value.bits}/${value.prefix}`
  if (value instanceof CedarSet) return `[${framed([...value.byKey.keys()].sort())}`
  return `{${framed([...value].map(([name, one]) => framed([name, keyOf(one)])).sort())}`
}

// With lengths, so that no text inside can look like an end.
function framed(texts: readonly string[]): string {
  return texts.map((text) => `${text.length}:${text}`).join('')
}

/** What a value is called in an error. */
export function typeName(value: Value): string {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'boolean'
  if (isLong(value)) return 'long'
  if (value instanceof EntityReference) return `entity of type ${value.type}`
  if (value instanceof Extension) return value.kind
  if (value instanceof IpAddress) return 'ipaddr'
  return value instanceof CedarSet ? 'set' : 'record'
}
