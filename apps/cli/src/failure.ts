import { ProbityError } from '@probity/sdk'
import { EXIT, Failure, UnavailableError } from './output.ts'
import { program } from './shell.ts'

/** Whatever a command with these options threw, as one sentence with its code. */
export function failureOf(error: unknown, options: object = {}): Failure {
  if (error instanceof Failure) return error
  if (error instanceof ProbityError) return refusal(error, options)
  if (error instanceof TypeError && error.message === 'fetch failed') return noAnswer(error.cause)
  if (error instanceof TypeError && error.message === 'terminated')
    return new UnavailableError('the server broke the connection off')
  if (error instanceof SyntaxError)
    return new UnavailableError('what answers there is not Probity; is PROBITY_URL right?')
  return new Failure('FAILED', error instanceof Error ? error.message : String(error))
}

function noAnswer(cause: unknown): Failure {
  // what we were sending broke off, not the server
  if (cause instanceof Failure) return cause
  const why = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : ''
  return new UnavailableError(`the server does not answer${why}; is it up, and is PROBITY_URL right?`)
}

function refusal({ code, status, message, details, requestId }: ProbityError, options: object): Failure {
  const request = requestId === '' ? '' : ` (request ${requestId})`
  const failed = (sentence: string, exit: number) => new Failure(code, sentence, exit)
  if (code === 'UNAUTHENTICATED')
    return failed('the server refuses the token of PROBITY_TOKEN: it is unknown, expired or revoked', EXIT.failed)
  if (code === 'VALIDATION_FAILED' && Array.isArray(details.issues))
    return failed(details.issues.map((issue) => issueOf(issue, options)).join('; '), EXIT.usage)
  if (code === 'CURSOR_INVALID') return failed(`--cursor: ${message}`, EXIT.usage)
  const sentence = `${code}: ${message}${detailsOf(details)}${request}`
  if (![502, 503, 504].includes(status)) return failed(sentence, EXIT.failed)
  return failed(`${sentence}; try again in a moment, or see what ${program()} doctor says`, EXIT.unavailable)
}

/** Members of a request that are told by an option of another name. */
const TOLD_BY: Record<string, string> = {
  password: 'password-file',
  setup_token: 'setup-url',
  erasure_method: 'method',
  expires_in_days: 'days',
}

// A member of the request is an option here, or one of the words.
function issueOf(issue: { pointer?: string; message?: string }, options: object): string {
  const [, member = ''] = (issue.pointer ?? '').split('/')
  if (member === '') return issue.message ?? 'something is wrong'
  const option = TOLD_BY[member] ?? member.replaceAll('_', '-')
  return `${option in options ? `--${option}` : member.toUpperCase()}: ${issue.message}`
}

function detailsOf(details: Record<string, unknown>): string {
  const told = Object.entries(details).filter(([name]) => name !== 'retry_after')
  const words = told.map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return words.length === 0 ? '' : `, ${words.join(', ')}`
}
