import { queryOptions } from '@tanstack/react-query'
import { probity, SERVER } from '../platform/client.ts'

const EVERY_MILLISECONDS = 5_000

/** How the installation does; read again as long as somebody looks. */
export const operationsQuery = queryOptions({
  queryKey: ['operations', 'state'],
  queryFn: () => probity.operations(),
  refetchInterval: EVERY_MILLISECONDS,
})

/** Whether the server runs and can work, as load balancers ask for it. */
export const healthQuery = queryOptions({
  queryKey: ['operations', 'health'],
  queryFn: async () => {
    const [lives, ready] = await Promise.all([isWell('/livez'), isWell('/readyz')])
    return { lives, ready }
  },
  refetchInterval: EVERY_MILLISECONDS,
})

async function isWell(path: string): Promise<boolean> {
  return fetch(SERVER + path).then(
    ({ ok }) => ok,
    () => false,
  )
}
