import { Probity } from '@probity/sdk'
import { type Arguments, optional } from './command.ts'
import { UsageError } from './output.ts'

/** Options of every command that calls the server. */
export const CLIENT_OPTIONS = { url: { type: 'string' } } as const

/** The server of --url or PROBITY_URL, with the token of PROBITY_TOKEN. A token is never an argument: others see those. */
export function client(given: Arguments): Probity {
  const token = process.env.PROBITY_TOKEN
  if (!token) throw new UsageError('PROBITY_TOKEN is not set; probity init gives a token')
  return new Probity({ url: serverUrl(given), token })
}

export function serverUrl(given: Arguments): string {
  return optional(given, 'url') ?? process.env.PROBITY_URL ?? 'http://127.0.0.1:4400'
}
