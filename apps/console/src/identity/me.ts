import type { Permit } from '@probity/contract'
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { probity, queries } from '../platform/client.ts'
import { resume, sessionClosed } from '../platform/session.ts'
import { keepTenant } from './known-tenant.ts'

/** Whoever is logged in. */
export const meQuery = queryOptions({ queryKey: ['me'], queryFn: readMe, staleTime: 60_000 })

let isOpen: Promise<boolean> | null = null

/** Whether somebody is logged in: found out once, when the console opens. */
export function isLoggedIn(): Promise<boolean> {
  isOpen ??= resume()
  return isOpen
}

/** After a log-in. */
export function loggedIn(): void {
  isOpen = Promise.resolve(true)
  queries.clear()
}

/** Forgets all that was read, so that the next person at this browser finds nothing. */
export function loggedOut(): void {
  isOpen = Promise.resolve(false)
  queries.clear()
}

/** Ends the session at the server and here. */
export async function logOut(): Promise<void> {
  await probity.logOut().catch(() => null) // it may have ended by itself
  loggedOut()
  sessionClosed()
}

export function useMe() {
  return useSuspenseQuery(meQuery).data
}

/** Whether whoever is logged in may do something; the server asks again. */
export function useMay(): (permit: Permit) => boolean {
  const { permits } = useMe()
  return (permit) => permits.includes(permit)
}

async function readMe() {
  const me = await probity.me()
  keepTenant(me.tenant.name)
  return me
}
