import { type ErrorCode, type Problem, STATUS, TITLE } from '@probity/contract'
import { z } from 'zod'
import { isConnectionError } from '../database/connection-error.ts'
import { DomainError } from '../errors.ts'

interface Asked {
  requestId: string
  now: Date
  /** Where people reach the server, and so the page of the error. */
  publicUrl: string
}

/** RFC 9457 problem answer for whatever was thrown. What is not ours becomes INTERNAL and tells nothing. */
export function problemOf(
  error: unknown,
  { requestId, now, publicUrl }: Asked,
): Problem & { retryAfter: number | null } {
  const { code, details: all } = classify(error)
  const { reason, ...details } = all
  return {
    type: `${publicUrl.replace(/\/+$/, '')}/docs/errors/${code}`,
    title: TITLE[code],
    status: STATUS[code],
    error: code,
    message: typeof reason === 'string' ? reason : TITLE[code],
    code,
    details,
    request_id: requestId,
    timestamp: now.toISOString(),
    retryAfter: STATUS[code] === 429 || STATUS[code] === 503 ? Number(details.retry_after ?? 1) : null,
  }
}

function classify(error: unknown): { code: ErrorCode; details: Record<string, unknown> } {
  const known = callersError(error)
  if (known) return known
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const away = isConnectionError(error)
  return {
    code: FRAMEWORK[code] ?? (isRefusal(error, code) ? 'BAD_REQUEST' : away ? 'UNAVAILABLE' : 'INTERNAL'),
    details: {},
  }
}

// What Fastify or Node refuses as the caller's fault, and is not named above.
function isRefusal(error: unknown, code: string): boolean {
  if (!code.startsWith('FST_') || !(error instanceof Error) || !('statusCode' in error)) return false
  return Number(error.statusCode) >= 400 && Number(error.statusCode) < 500
}

/** What was thrown where it is the caller's to know: a DomainError, or a schema's refusal as one. Else null. */
export function callersError(error: unknown): DomainError | null {
  if (error instanceof DomainError) return error
  if (!(error instanceof z.ZodError)) return null
  return new DomainError('VALIDATION_FAILED', { issues: error.issues.slice(0, 20).map(issueOf) })
}

function issueOf(issue: z.core.$ZodIssue): { pointer: string; message: string } {
  const unknown =
    issue.code === 'unrecognized_keys'
      ? `unknown: ${issue.keys.map((key) => key.slice(0, 100)).join(', ')}`
      : issue.message
  return { pointer: issue.path.map((part) => `/${String(part)}`).join(''), message: unknown }
}

/** Fastify's own errors, by code. */
const FRAMEWORK: Record<string, ErrorCode | undefined> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BAD_REQUEST',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BAD_REQUEST',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BAD_REQUEST',
  FST_ERR_BAD_URL: 'BAD_REQUEST',
  FST_ERR_MAX_PARAM_LENGTH: 'NOT_FOUND',
  FST_ERR_ROUTE_NOT_FOUND: 'NOT_FOUND',
}
