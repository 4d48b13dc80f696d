import { Probity } from '@probity/sdk'
import { QueryClient } from '@tanstack/react-query'
import { sessionFetch } from './session.ts'

/** Where the API is, without `/` at its end. */
export const SERVER = new URL('.', document.baseURI).href.replace(/\/$/, '')

/** The API as whoever is logged in; nothing of the console reaches the server by any other way. */
export const probity = new Probity({ url: SERVER, fetch: (...given) => sessionFetch(...given) })

/** What was read: kept for a moment, and asked for again when somebody comes back to the page. */
export const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, staleTime: 5_000 }, mutations: { retry: false } },
})
