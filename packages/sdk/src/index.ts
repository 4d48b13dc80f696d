export { type ClientOptions, type Ingested, Probity, type Query, type TokenInfo, type Written } from './client.ts'
export { ProbityError } from './error.ts'
