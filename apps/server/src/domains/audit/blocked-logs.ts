import { DomainError } from '../../platform/errors.ts'

const BLOCKED_MILLISECONDS = 3_000

/** Logs that cannot be written now. Each is tried again after a while. */
export class BlockedLogs {
  readonly #until = new Map<string, number>()

  block(tenantId: string): void {
    this.#until.set(tenantId, performance.now() + BLOCKED_MILLISECONDS)
  }

  has(tenantId: string): boolean {
    const until = this.#until.get(tenantId)
    if (until === undefined) return false
    if (performance.now() < until) return true
    this.#until.delete(tenantId)
    return false
  }

  all(): string[] {
    return [...this.#until.keys()].filter((tenantId) => this.has(tenantId))
  }
}

/** What a caller hears whose log is blocked. */
export function blocked(): DomainError {
  return new DomainError('UNAVAILABLE', {
    reason:
      'the log of this tenant is not what was signed or seen of it, and takes nothing until that is mended; verify it',
    retry_after: 3,
  })
}
