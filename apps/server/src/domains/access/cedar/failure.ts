/** What kind of error an evaluation met; the words are Cedar's own kinds. */
export type FailureKind = 'type' | 'no_entity' | 'no_attribute' | 'no_tag' | 'overflow' | 'extension'

/**
 * Why a policy could not be evaluated. No `Error`: one is thrown for each policy that errors in a decision, and the stack
 * that an `Error` takes along costs more than the decision.
 */
export class Failure {
  readonly kind: FailureKind
  readonly message: string

  constructor(kind: FailureKind, message: string) {
    this.kind = kind
    this.message = message
  }
}

export function wrongType(expected: string, got: string): Failure {
  return new Failure('type', `expected ${expected}, got ${got}`)
}
