import { queryOptions } from '@tanstack/react-query'
import { probity } from '../platform/client.ts'

export const connectionsQuery = queryOptions({
  queryKey: ['sign-in', 'connections'],
  queryFn: () => probity.connections(),
})
export const rulesQuery = queryOptions({ queryKey: ['sign-in', 'rules'], queryFn: () => probity.signInRules() })
export const domainsQuery = queryOptions({ queryKey: ['sign-in', 'domains'], queryFn: () => probity.domains() })
