import { and, equalTo, FALSE, type Filter, type Ordering, type Path, TRUE } from './filter.ts'
import { LEAST, longOf, MOST } from './long.ts'
import { type Outcome, total } from './residual-symbol.ts'

/** `factor` times a Long, and `more`. */
export interface Sum {
  path: Path
  factor: bigint
  more: bigint
}

/** That what is worked out of a Long is one as well: where it is not, Cedar's arithmetic fails. */
export function fits({ path, factor, more }: Sum): Filter {
  const whole = { path, factor, more }
  return and(holds(whole, 'at_least', LEAST), holds(whole, 'at_most', MOST))
}

export function ordered(sum: Sum, op: Ordering, than: bigint): Outcome {
  return total(holds(sum, op, than))
}

export function sameAs({ path, factor, more }: Sum, than: bigint): Outcome {
  const rest = than - more
  if (factor === 0n) return total(rest === 0n ? TRUE : FALSE)
  const value = rest % factor === 0n ? longOf(rest / factor) : null
  return total(value === null ? FALSE : equalTo(path, value))
}

const MIRRORED: Record<Ordering, Ordering> = {
  less_than: 'more_than',
  at_most: 'at_least',
  more_than: 'less_than',
  at_least: 'at_most',
}

/** Of an attribute that is a Long: solved for it, by whole numbers. */
function holds({ path, factor, more }: Sum, op: Ordering, than: bigint): Filter {
  const rest = than - more
  if (factor === 0n) return isOrdered(0n, op, rest) ? TRUE : FALSE
  const way = factor < 0n ? MIRRORED[op] : op
  const [divisor, by] = factor < 0n ? [-factor, -rest] : [factor, rest]
  const floor = by / divisor - (by % divisor < 0n ? 1n : 0n)
  const isWhole = by % divisor === 0n
  // n < 7/2 is n <= 3, and n >= 7/2 is n > 3.
  if (way === 'less_than') return bounded(path, isWhole ? 'less_than' : 'at_most', floor)
  if (way === 'at_least') return bounded(path, isWhole ? 'at_least' : 'more_than', floor)
  return bounded(path, way, floor)
}

function isOrdered(a: bigint, op: Ordering, b: bigint): boolean {
  if (op === 'less_than') return a < b
  if (op === 'at_most') return a <= b
  return op === 'more_than' ? a > b : a >= b
}

/** Beyond all Longs a bound holds for each of them or for none. */
function bounded(path: Path, op: Ordering, bound: bigint): Filter {
  const value = longOf(bound)
  if (value !== null) {
    if ((op === 'at_most' && bound === MOST) || (op === 'at_least' && bound === LEAST)) return TRUE
    return { op, path, value }
  }
  return bound > MOST === (op === 'less_than' || op === 'at_most') ? TRUE : FALSE
}
