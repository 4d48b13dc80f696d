import { CONSTRUCTORS, DAY } from './extension.ts'
import { type Failure, wrongType } from './failure.ts'
import { isInRange, isLoopback, isMulticast } from './ip-address.ts'
import { add, divide, modulo, subtract } from './long.ts'
import { Extension, type ExtensionKind, IpAddress, typeName, type Value } from './value.ts'

type Call = (first: Value, second: Value | undefined) => Value

/** Extension functions by name; a method's first argument is what it is called on. Each throws a Failure. */
export const FUNCTIONS: Record<string, { arity: 1 | 2; call: Call }> = {
  ...Object.fromEntries(
    Object.entries(CONSTRUCTORS).map(([name, construct]) => [name, one((text) => construct(textOf(text)))]),
  ),
  lessThan: two('decimal', (a, b) => a.amount < b.amount),
  lessThanOrEqual: two('decimal', (a, b) => a.amount <= b.amount),
  greaterThan: two('decimal', (a, b) => a.amount > b.amount),
  greaterThanOrEqual: two('decimal', (a, b) => a.amount >= b.amount),
  isIpv4: one((value) => addressOf(value).family === 4),
  isIpv6: one((value) => addressOf(value).family === 6),
  isLoopback: one((value) => isLoopback(addressOf(value))),
  isMulticast: one((value) => isMulticast(addressOf(value))),
  isInRange: { arity: 2, call: (value, network) => isInRange(addressOf(value), addressOf(network)) },
  offset: {
    arity: 2,
    call: (value, by) => new Extension('datetime', add(amountOf('datetime', value), amountOf('duration', by))),
  },
  durationSince: two('datetime', (a, b) => new Extension('duration', subtract(a.amount, b.amount))),
  toDate: one((value) => new Extension('datetime', startOfDay(amountOf('datetime', value)))),
  toTime: one((value) => new Extension('duration', modulo(amountOf('datetime', value), DAY))),
  toMilliseconds: one((value) => amountOf('duration', value)),
  toSeconds: one((value) => divide(amountOf('duration', value), 1000)),
  toMinutes: one((value) => divide(amountOf('duration', value), 60_000)),
  toHours: one((value) => divide(amountOf('duration', value), 3_600_000)),
  toDays: one((value) => divide(amountOf('duration', value), DAY)),
}

function one(call: (value: Value) => Value): { arity: 1; call: Call } {
  return { arity: 1, call }
}

function two(kind: ExtensionKind, call: (a: Extension, b: Extension) => Value): { arity: 2; call: Call } {
  return { arity: 2, call: (a, b) => call(extensionOf(kind, a), extensionOf(kind, b)) }
}

// Overflows where the day began before there was time.
function startOfDay(amount: Extension['amount']): Extension['amount'] {
  return subtract(amount, modulo(amount, DAY))
}

function textOf(value: Value | undefined): string {
  if (typeof value !== 'string') throw mismatch('string', value)
  return value
}

function addressOf(value: Value | undefined): IpAddress {
  if (!(value instanceof IpAddress)) throw mismatch('ipaddr', value)
  return value
}

function extensionOf(kind: ExtensionKind, value: Value | undefined): Extension {
  if (!(value instanceof Extension) || value.kind !== kind) throw mismatch(kind, value)
  return value
}

function amountOf(kind: ExtensionKind, value: Value | undefined): Extension['amount'] {
  return extensionOf(kind, value).amount
}

function mismatch(expected: string, value: Value | undefined): Failure {
  return wrongType(expected, value === undefined ? 'nothing' : typeName(value))
}
