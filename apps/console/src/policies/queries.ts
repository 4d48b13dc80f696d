import { queryOptions } from '@tanstack/react-query'
import { probity } from '../platform/client.ts'
import { pagesOf } from '../platform/lists.ts'

export const policiesQuery = pagesOf(['policies', 'list'], (page) => probity.policies(page))

export function policyQuery(id: string) {
  return queryOptions({ queryKey: ['policies', 'one', id], queryFn: () => probity.policy(id) })
}

export function versionsQuery(id: string) {
  return queryOptions({ queryKey: ['policies', 'versions', id], queryFn: () => probity.policyVersions(id) })
}
