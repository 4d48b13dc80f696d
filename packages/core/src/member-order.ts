import { compareSpans } from './json-bytes.ts'

// The order of members whose names stand in `source`: `members` has four numbers each, of which the first two are start
// and end of the name. By UTF-16 code units (RFC 8785 §3.2.3), which for the names that come here is by bytes.

/** Members up to which to insert each at its place is faster than to sort them. */
const FEW = 64

/** Whether the members from `first` to before `end` are in order and none comes twice. */
export function areSorted(source: Uint8Array, members: Int32Array, first: number, end: number): boolean {
  for (let i = first + 4; i < end; i += 4) if (compareNames(source, members, i - 4, i) >= 0) return false
  return true
}

/** The members from `first` to before `end` in order; null: a name comes twice. */
export function orderOf(source: Uint8Array, members: Int32Array, first: number, end: number): number[] | null {
  const count = (end - first) / 4
  const order = Array.from({ length: count }, (_, i) => first + 4 * i)
  const compare = (a: number, b: number) => compareNames(source, members, a, b)
  if (count <= FEW) insertEach(order, compare)
  else order.sort(compare)
  for (let i = 1; i < count; i++) if (compare(order[i - 1] as number, order[i] as number) === 0) return null
  return order
}

function insertEach(order: number[], compare: (a: number, b: number) => number): void {
  for (let i = 1; i < order.length; i++) {
    const one = order[i] as number
    let place = i
    for (; place > 0 && compare(order[place - 1] as number, one) > 0; place--) order[place] = order[place - 1] as number
    order[place] = one
  }
}

/** Below 0: the name of the first comes first; 0: they are the same. */
export function compareNames(source: Uint8Array, members: Int32Array, one: number, other: number): number {
  return compareSpans(
    source,
    members[one] as number,
    members[one + 1] as number,
    members[other] as number,
    members[other + 1] as number,
  )
}
