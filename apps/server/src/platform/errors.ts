import type { ErrorCode } from '@probity/contract'

/** What went wrong, in the words of the contract; the HTTP layer maps it to a problem answer. */
export class DomainError extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, unknown>

  /** `details` are shown to the caller: never a secret, a personal value or an internal message; a `cause` is not. */
  constructor(code: ErrorCode, details: Record<string, unknown> = {}, options: ErrorOptions = {}) {
    super(code, options)
    this.name = 'DomainError'
    this.code = code
    this.details = details
  }
}

/** The code of an error of Node or of a library; '': it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** VALIDATION_FAILED for one field, by its JSON pointer. */
export function refusedField(pointer: string, message: string): DomainError {
  return new DomainError('VALIDATION_FAILED', { issues: [{ pointer, message }] })
}

/** Nobody undoes another's change unseen. `asked` missing: the caller does not mind. Throws VERSION_MISMATCH. */
export function requireVersion(held: number, asked: number | undefined): void {
  if (asked !== undefined && asked !== held) throw new DomainError('VERSION_MISMATCH', { version: held })
}
