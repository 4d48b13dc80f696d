import type { Waiting, WaitingBatch } from './queue.ts'

/** What one flush writes. */
export interface Attempt {
  alone: Waiting[]
  batches: WaitingBatch[]
}

/** Events in it. */
export function sizeOf({ alone, batches }: Attempt): number {
  return batches.reduce((sum, { batch }) => sum + batch.count, alone.length)
}

/** Whose they are, each once. */
export function tenantsOf({ alone, batches }: Attempt): string[] {
  return [...new Set([...alone.map(({ entry }) => entry.tenantId), ...batches.map(({ batch }) => batch.tenantId)])]
}

/** What can be written by itself, in the same order: the events of each tenant that came alone, and each batch. */
export function piecesOf({ alone, batches }: Attempt): Attempt[] {
  const tenants = Map.groupBy(alone, ({ entry }) => entry.tenantId)
  return [
    ...[...tenants.values()].map((items) => ({ alone: items, batches: [] })),
    ...batches.map((item) => ({ alone: [], batches: [item] })),
  ]
}
