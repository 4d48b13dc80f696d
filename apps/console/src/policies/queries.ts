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

/** What the author of a version may not have meant. */
export function analysisQuery(id: string, version: number) {
  return queryOptions({
    queryKey: ['policies', 'analysis', id, version],
    queryFn: () => probity.analysePolicy(id, version),
  })
}

/** What a version would have decided otherwise in the last week. */
export function replayQuery(id: string, version: number) {
  return queryOptions({
    queryKey: ['policies', 'replay', id, version],
    queryFn: () => probity.replayPolicy(id, version),
  })
}
