export { type Ingested, Probity, type TokenInfo, type Written } from './client.ts'
export { ProbityError } from './error.ts'
export type { ClientOptions, Query } from './transport.ts'
