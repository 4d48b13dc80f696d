import type { ReactNode } from 'react'
import { FailureNotice } from './failure-notice.tsx'
import { TableSkeleton } from './table.tsx'

/** What is shown of a query that is on its way, or failed; else what it is for. */
export function QueryState({
  query,
  children,
}: {
  query: { error: unknown; isPending: boolean; refetch(): unknown }
  children: ReactNode
}) {
  if (query.error) return <FailureNotice error={query.error} retry={() => void query.refetch()} />
  if (query.isPending) return <TableSkeleton />
  return children
}
