import { isUuid } from '@probity/core'
import { DomainError } from './errors.ts'

/** Behind which id a page begins; null: with the first. Throws CURSOR_INVALID. */
export function afterId(cursor: string | undefined): string | null {
  if (cursor !== undefined && !isUuid(cursor)) throw new DomainError('CURSOR_INVALID')
  return cursor ?? null
}

/** One page of a list by id, of one row more than it may have, so that it is known whether another follows. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => string,
): { page: Row[]; next_cursor: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { page, next_cursor: rows.length > limit && last !== undefined ? idOf(last) : null }
}
