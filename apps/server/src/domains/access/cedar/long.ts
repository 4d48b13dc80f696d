import { Failure } from './failure.ts'

/**
 * Cedar's Long is an i64. It is a number while that is exact and a bigint beyond, so that each value has one form and
 * nearly every calculation is one of numbers.
 */
export type Long = number | bigint

export const LEAST = -(2n ** 63n)
export const MOST = 2n ** 63n - 1n

export function isLong(value: unknown): value is Long {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** The form of an integer; null: it is no i64. */
export function longOf(integer: bigint): Long | null {
  if (integer < LEAST || integer > MOST) return null
  const number = Number(integer)
  return Number.isSafeInteger(number) ? number : integer
}

export function add(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return checked(BigInt(a) + BigInt(b))
}

export function subtract(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  return checked(BigInt(a) - BigInt(b))
}

export function multiply(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product)) return product + 0 // never -0
  }
  return checked(BigInt(a) * BigInt(b))
}

export function negate(a: Long): Long {
  return subtract(0, a)
}

/** Quotient towards zero, of a divisor that is small and above zero. */
export function divide(a: Long, by: number): Long {
  if (typeof a === 'number') return Math.trunc(a / by) + 0
  return checked(a / BigInt(by))
}

/** Remainder that is never below zero, of a divisor that is small and above zero. */
export function modulo(a: Long, by: number): number {
  if (typeof a === 'number') return (((a % by) + by) % by) + 0
  return Number(((a % BigInt(by)) + BigInt(by)) % BigInt(by))
}

function checked(integer: bigint): Long {
  const long = longOf(integer)
  if (long === null) throw new Failure('overflow', 'the result is no 64-bit integer')
  return long
}
