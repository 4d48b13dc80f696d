import { AsyncLocalStorage } from 'node:async_hooks'
import type { Principal } from './authority.ts'

const impersonators = new AsyncLocalStorage<string>()

/** Does what a caller asks, so that whatever is recorded meanwhile names who really acts, too. */
export function onBehalf<T>({ impersonatorId }: Principal, work: () => T): T {
  return impersonatorId === undefined ? work() : impersonators.run(impersonatorId, work)
}

/** Who really acts, where that is not the person whose session it is. */
export function impersonator(): string | undefined {
  return impersonators.getStore()
}
