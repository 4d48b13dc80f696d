import { CompactRange, decomposeLeft, equal } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Tx } from '../../platform/database/transaction.ts'
import { hashSpans } from './prove.ts'
import { isSigned } from './signed-head.ts'
import type { AnchorRow } from './store-anchor.ts'
import type { Report } from './verify-report.ts'

/** What a log was at some time: it must still contain it. */
export interface Past {
  size: number
  root: Uint8Array
}

/** Verifies that the stored log of `size` entries contains what it was; `when` says in findings when that was. */
export async function verifyPast(tx: Tx, size: number, past: Past, when: string, report: Report): Promise<void> {
  if (past.size > size) return report(size, 'TRUNCATED', `the log had ${past.size} entries ${when} and now has ${size}`)
  try {
    const range = new CompactRange(nodeCrypto.sha256, past.size, await hashSpans(tx, decomposeLeft(past.size)))
    if (!equal(range.root(), past.root)) report(0, 'FORKED', `the log does not contain what it was ${when}`)
  } catch {
    report(0, 'PAST_UNREADABLE', `the tree cannot be compared with what the log was ${when}`)
  }
}

/** Verifies that the stored anchored head is one that the log had and its key signed. Where it was anchored is `Anchored`'s. */
export async function verifyAnchoredHead(
  tx: Tx,
  row: AnchorRow,
  trusted: readonly string[],
  size: number,
  report: Report,
): Promise<void> {
  if (!isSigned(row, trusted)) return report(0, 'ANCHOR_CHANGED', 'the anchored head is not what its checkpoint says')
  await verifyPast(tx, size, row, 'when it was anchored', report)
}
