import { type Json, parseStrict } from '@probity/core'
import { DomainError } from '../errors.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** A JSON body by our own strict parser, so that nothing is lost or doubled. Throws BAD_REQUEST. */
export function parseJsonBody(bytes: Uint8Array): Json {
  return parseJsonText(textOfBody(bytes))
}

/** The text of a JSON body, which is in UTF-8. Throws BAD_REQUEST. */
export function textOfBody(bytes: Uint8Array): string {
  return orRefused(() => UTF8.decode(bytes))
}

/** As parseJsonBody, of a body's text. */
export function parseJsonText(text: string): Json {
  return orRefused(() => parseStrict(text))
}

function orRefused<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : ''
    throw new DomainError('BAD_REQUEST', { reason: `the body is not JSON that can be kept exactly: ${why}` })
  }
}
