/** How much the benchmark does. */
export interface Scale {
  rounds: number
  /** Of plain and sealed NDJSON in a round. */
  events: number
  sealedEvents: number
  /** Of the seed's table, for each size of batch. */
  seedEvents: number
  /** Milliseconds that writers write in a round. */
  writing: number
  /** Entries that are verified in the server. */
  verified: number
  /** Sizes of the log at which growth is measured, and events that it grows by at once. */
  growth: number[]
  chunk: number
  /** Receipts and searches that are waited for at each size. */
  receipts: number
  searches: number
  /** Tenants that 64 writers are spread over. */
  tenants: number[]
}

export const SEARCHED_AT = 5_000_000

export const FULL: Scale = {
  rounds: 5,
  events: 200_000,
  sealedEvents: 100_000,
  seedEvents: 10_000,
  writing: 5_000,
  verified: 500_000,
  growth: [10_000, 1_000_000, SEARCHED_AT, 20_000_000],
  chunk: 100_000,
  receipts: 1_000,
  searches: 300,
  tenants: [1, 100, 1_000],
}

export const QUICK: Scale = {
  rounds: 3,
  events: 20_000,
  sealedEvents: 10_000,
  seedEvents: 2_000,
  writing: 1_200,
  verified: 50_000,
  growth: [10_000, 50_000],
  chunk: 20_000,
  receipts: 300,
  searches: 60,
  tenants: [1, 100],
}
