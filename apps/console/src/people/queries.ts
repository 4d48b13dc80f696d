import type { UserStatus } from '@probity/contract'
import { queryOptions } from '@tanstack/react-query'
import { probity } from '../platform/client.ts'
import { pagesOf } from '../platform/lists.ts'

export interface PeopleFilter {
  name?: string
  status?: UserStatus
}

export function peopleQuery(filter: PeopleFilter) {
  return pagesOf(['people', 'list', filter], (page) => probity.users({ ...filter, ...page }))
}

export function userQuery(id: string) {
  return queryOptions({ queryKey: ['people', 'one', id], queryFn: () => probity.user(id) })
}

export function sessionsOfQuery(id: string) {
  return queryOptions({ queryKey: ['people', 'sessions', id], queryFn: () => probity.sessionsOf(id) })
}

export function factorsOfQuery(id: string) {
  return queryOptions({ queryKey: ['people', 'factors', id], queryFn: () => probity.factorsOf(id) })
}

export function accessOfQuery(id: string) {
  return queryOptions({ queryKey: ['people', 'access', id], queryFn: () => probity.accessOf(id) })
}

export const groupsQuery = pagesOf(['people', 'groups'], (page) => probity.groups(page))

export function membersQuery(id: string) {
  return pagesOf(['people', 'members', id], (page) => probity.groupMembers(id, page))
}
