import type { Tx } from '../../platform/database/transaction.ts'
import type { Difference as Noted } from '../access/index.ts'
import { type DataKey, type Keys, open, seal } from '../keys/index.ts'
import type { Difference } from './differences.ts'
import { type DifferenceRow, insertDifferences, listDifferences } from './store-differences.ts'

const LOCATION = { table: 'policy_differences', column: 'told_sealed' }

/** Keeps what would have been decided otherwise, sealed under the key of whom it is about. */
export async function keepDifferences(
  tx: Tx,
  key: DataKey,
  differences: readonly Noted[],
  newId: () => string,
): Promise<void> {
  const rows = differences.map(({ beside, decisionId, at, principal, action, resource, would }): DifferenceRow => {
    const id = newId()
    const told = Buffer.from(JSON.stringify({ principal, action, resource }))
    return {
      ...{ id, policy_id: beside.policyId, version: beside.version, decision_id: decisionId, decided_at: at, would },
      ...{ subject: key.subject, told_sealed: seal(tx.tenantId, [key], { ...LOCATION, row: id }, told) },
    }
  })
  if (rows.length > 0) await insertDifferences(tx, rows)
}

/** The newest first; those of people who were erased since are closed, and left out. */
export async function openDifferences(
  tx: Tx,
  keys: Keys,
  { id, version, limit }: { id: string; version: number; limit: number },
): Promise<(Difference & { would: 'allow' | 'deny' })[]> {
  const rows = await listDifferences(tx, id, version, limit)
  const found = await keys.subjects.keysOf(tx.tenantId, [...new Set(rows.map(({ subject }) => subject))])
  return rows.flatMap((row) => {
    const key = found.get(row.subject)
    if (!key) return []
    const bytes = open(tx.tenantId, [key], { ...LOCATION, row: row.id }, row.told_sealed)
    const told = JSON.parse(bytes.toString()) as Pick<Difference, 'principal' | 'action' | 'resource'> // as it was put
    return { ...told, decision_id: row.decision_id, decided_at: row.decided_at, would: row.would }
  })
}
