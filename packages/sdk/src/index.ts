export { type Ingested, Probity, type TokenInfo, type Written } from './client.ts'
export { ProbityError } from './error.ts'
export { newProofKey, type ProofKey, proofOf } from './proof-of-possession.ts'
export type { CallOptions, ClientOptions, Query } from './transport.ts'
