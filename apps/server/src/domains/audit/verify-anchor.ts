import { CompactRange, decomposeLeft, equal } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Tx } from '../../platform/database/transaction.ts'
import { hashSpans } from './prove.ts'
import { isSigned } from './signed-head.ts'
import type { AnchorRow } from './store-anchor.ts'
import type { Report } from './verify-report.ts'

/** Verifies that the stored anchored head is one that the log had and its key signed. Where it was anchored is `Anchored`'s. */
export async function verifyAnchoredHead(
  tx: Tx,
  row: AnchorRow,
  trusted: readonly string[],
  size: number,
  report: Report,
): Promise<void> {
  if (!isSigned(row, trusted)) return report(0, 'ANCHOR_CHANGED', 'the anchored head is not what its checkpoint says')
  if (row.size > size) return report(size, 'TRUNCATED', `the log had ${row.size} entries when it was anchored`)
  const spans = await hashSpans(tx, decomposeLeft(row.size)).catch(() => null)
  const range = spans && new CompactRange(nodeCrypto.sha256, row.size, spans)
  if (range && !equal(range.root(), row.root)) report(0, 'FORKED', 'the log does not contain what was anchored')
}
