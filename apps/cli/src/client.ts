import { Probity, ProbityError } from '@probity/sdk'
import { type Arguments, optional } from './command.ts'
import { Failure, UsageError } from './output.ts'
import { program } from './shell.ts'

/** Options of every command that calls the server. */
export const CLIENT_OPTIONS = { url: { type: 'string' } } as const

const DEFAULT_URL = 'http://127.0.0.1:4400'

/** What -h of these commands says about where and as whom. */
export const CLIENT_HELP = `The server is that of --url or PROBITY_URL, else ${DEFAULT_URL}; the token is that of PROBITY_TOKEN.\n`

/** The server of --url or PROBITY_URL, with the token of PROBITY_TOKEN. A token is never an argument: others see those. */
export function client(given: Arguments): Probity {
  const token = process.env.PROBITY_TOKEN
  if (!token) throw new UsageError(`PROBITY_TOKEN is not set; ${program()} init gives a token`)
  // An HTTP header takes no other characters, and none that we make has them.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new UsageError('PROBITY_TOKEN is not a token: it holds a space or a line end')
  return new Probity({ url: serverUrl(given), token })
}

/** Where the server is; `otherwise` is used where nobody says. */
export function serverUrl(given: Arguments, otherwise = DEFAULT_URL): string {
  const option = optional(given, 'url')
  const url = option ?? (process.env.PROBITY_URL || otherwise)
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url
  const name = option === undefined ? 'PROBITY_URL' : '--url'
  throw new UsageError(`${name} is not an address such as ${DEFAULT_URL}: "${url}"`)
}

/** What the server answers; where there is no such thing, the sentence that names it. */
export async function orMissing<T>(asked: Promise<T>, sentence: string): Promise<T> {
  return asked.catch((error: unknown) => {
    if (error instanceof ProbityError && error.code === 'NOT_FOUND') throw new Failure('NOT_FOUND', sentence)
    throw error
  })
}
