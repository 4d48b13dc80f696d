/** Who looks: somebody who may ask about anybody, or only about themselves. */
export type Seeing = 'anybody' | 'oneself'

/** Ids of roles and groups are nobody's. */
const NOBODYS = /(?:Role|Group)::"$/
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
const ADDRESS = /[^\s"'<>,;:()]+@[^\s"'<>,;:()]+/g
const HIDDEN = '…'

/** A condition without what tells of somebody else, for who may not know of others: ids, but for some, and addresses. */
export function withoutOthers(text: string, known: readonly string[]): string {
  const isTold = (found: string, at: number) => known.includes(found) || NOBODYS.test(text.slice(0, at))
  return text
    .replace(ID, (found, at: number) => (isTold(found, at) ? found : HIDDEN))
    .replace(ADDRESS, (found) => (known.includes(found) ? found : HIDDEN))
}

/** The same of every text in a value of JSON. */
export function withoutOthersIn<T>(value: T, known: readonly string[]): T {
  return within(value, known) as T // of the same shape: texts stay texts
}

function within(value: unknown, known: readonly string[]): unknown {
  if (typeof value === 'string') return withoutOthers(value, known)
  if (Array.isArray(value)) return value.map((one) => within(one, known))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, within(one, known)]))
}
