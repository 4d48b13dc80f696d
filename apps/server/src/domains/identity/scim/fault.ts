import { DomainError } from '../../../platform/errors.ts'

/** Kinds of errors that clients tell apart (RFC 7644 §3.12, table 9). */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'

/** What is wrong with a request; `reason` is shown to the client. */
export function fault(scim_type: ScimType, reason: string): DomainError {
  return new DomainError(scim_type === 'uniqueness' ? 'NAME_TAKEN' : 'VALIDATION_FAILED', { scim_type, reason })
}

/** The part of a client's text that an error shows. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
