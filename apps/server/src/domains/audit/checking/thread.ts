import { answerQuestions } from '../../../platform/asked-thread.ts'
import { type CheckedBundle, checkBundle, type StoredBundle } from '../check-bundle.ts'

// What a thread does: looks at stored stretches, one after the other. It keeps nothing of them.

/** What a thread of verification is told that it is. */
export const ROLE = 'probity-checking'
export const THREAD = new URL(import.meta.url)

export interface Question {
  row: StoredBundle
  tenantId: string
}

/** Null: the stretch can't be opened. */
export type Answer = CheckedBundle | null

answerQuestions<Question, Answer>(ROLE, ({ row, tenantId }, answer) => {
  const checked = checkedOrNull(asBuffers(row), tenantId)
  answer(checked, checked ? [checked.hashes, checked.eventIds, checked.receivedAt].map(({ buffer }) => buffer) : [])
})

/** Looks at a stretch here; null: it can't be opened. */
export function checkedOrNull(row: StoredBundle, tenantId: string): Answer {
  try {
    return checkBundle(row, tenantId)
  } catch {
    return null
  }
}

// A Buffer arrives as the bytes that it is.
function asBuffers(row: StoredBundle): StoredBundle {
  return { ...row, body: asBuffer(row.body), hashes: asBuffer(row.hashes), terms: row.terms && asBuffer(row.terms) }
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}
