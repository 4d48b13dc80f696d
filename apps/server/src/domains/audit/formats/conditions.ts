import type { Json } from '@probity/core'
import type { Condition } from './mapping.ts'
import type { Person } from './observed-event.ts'
import { find, type Place, type Pointer, parsePointer, walk } from './pointer.ts'
import { isAddress } from './texts.ts'

/** Where a rule stands: the event, the value that `.` means, and the actor once it is known. */
export interface Scope {
  root: Place
  here: Place
  actor: Person | null
}

/** Longer texts match no expression, so that none can be made to backtrack for long. */
export const MAXIMUM_MATCHED = 4096

export type Test = (scope: Scope) => boolean

export function startOf(scope: Scope, pointer: Pointer): Place {
  return pointer.relative ? scope.here : scope.root
}

/** Compiles a condition; `named` holds the mapping's own, so that several rules can share one. */
export function compileCondition(condition: Condition | undefined, named: Record<string, Condition>): Test {
  if (condition === undefined) return () => true
  if (typeof condition === 'string') return compileNamed(condition, named)
  if ('all' in condition) return every(condition.all.map((one) => compileCondition(one, named)))
  if ('any' in condition) return some(condition.any.map((one) => compileCondition(one, named)))
  if ('not' in condition) return negation(compileCondition(condition.not, named))
  if ('actor' in condition) return ({ actor }) => condition.actor.includes(actor?.type ?? 'none')
  const pointer = parsePointer(condition.at)
  if ('same' in condition) return sameAs(pointer, parsePointer(condition.same))
  if ('exists' in condition) return existence(pointer, condition.exists)
  return atPointer(pointer, compileFit(condition))
}

function compileNamed(name: string, named: Record<string, Condition>): Test {
  const condition = named[name]
  if (condition === undefined) throw new Error(`a mapping speaks of a condition that it does not have: ${name}`)
  return compileCondition(condition, named)
}

const every =
  (tests: Test[]): Test =>
  (scope) =>
    tests.every((test) => test(scope))
const some =
  (tests: Test[]): Test =>
  (scope) =>
    tests.some((test) => test(scope))
const negation =
  (test: Test): Test =>
  (scope) =>
    !test(scope)

function atPointer(pointer: Pointer, fits: (value: Json) => boolean): Test {
  const wild = pointer.steps.includes('*') || pointer.steps.includes('**')
  if (wild) return (scope) => walk(startOf(scope, pointer), pointer.steps, (place) => fits(place.value))
  return (scope) => {
    const value = find(startOf(scope, pointer).value, pointer.steps)
    return value !== undefined && fits(value)
  }
}

function existence(pointer: Pointer, wanted: boolean): Test {
  const there = atPointer(pointer, isThere)
  return (scope) => there(scope) === wanted
}

function isThere(value: Json): boolean {
  return value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
}

function sameAs(pointer: Pointer, other: Pointer): Test {
  return (scope) => {
    const value = find(startOf(scope, pointer).value, pointer.steps)
    return value !== undefined && value === find(startOf(scope, other).value, other.steps)
  }
}

type Fit = Extract<Condition, { at: string }>

function compileFit(condition: Exclude<Fit, { same: string } | { exists: boolean }>): (value: Json) => boolean {
  if ('is' in condition) {
    const wanted = new Set(condition.is.map((one) => `${one}`.toLowerCase()))
    return (value) => (typeof value !== 'object' ? wanted.has(`${value}`.toLowerCase()) : false)
  }
  if ('matches' in condition) {
    const pattern = new RegExp(condition.matches, 'iu')
    return (value) => typeof value === 'string' && value.length <= MAXIMUM_MATCHED && pattern.test(value)
  }
  if ('from' in condition) {
    const { from, below = Number.POSITIVE_INFINITY } = condition
    return (value) =>
      (typeof value === 'number' || /^\d+$/.test(`${value}`)) && Number(value) >= from && Number(value) < below
  }
  if (condition.kind === 'object') return (value) => typeof value === 'object' && value !== null
  return (value) => typeof value === 'string' && isAddress(value)
}
