import { type Json, parseStrict } from '@probity/core'
import { DomainError } from '../errors.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** A JSON body by our own strict parser, so that nothing is lost or doubled. Throws BAD_REQUEST. */
export function parseJsonBody(bytes: Uint8Array): Json {
  try {
    return parseStrict(UTF8.decode(bytes))
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : ''
    throw new DomainError('BAD_REQUEST', { reason: `the body is not JSON that can be kept exactly: ${why}` })
  }
}
