import { DomainError } from '../../platform/errors.ts'

/** What somebody asks of an application behind a gateway. */
export interface HttpRoute {
  /** In lower case. */
  method: string
  host: string
  path: string
}

const MOST_CHARACTERS = 1_000
/** A port or a dot at the end does not make it another host. */
const HOST = /^([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])\.?(?::\d{1,5})?$/
/** Some servers split a path at it, others do not. */
const ENCODED_SLASH = /%2f/i
/** What may stand in no path, however it is written. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a path must not contain
const UNCLEAR = /[\u0000-\u001f\u007f\\;#]|\/\/|%[0-9a-f]{2}/i
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/

/**
 * What a request asks for, decoded once. What the application could read otherwise than a policy does is refused, since the
 * one would be asked about and the other be got. Throws ADDRESS_AMBIGUOUS.
 */
export function httpRoute(method: string, host: string, target: string): HttpRoute {
  const name = HOST.exec(host.toLowerCase())?.[1]
  const path = pathOf(target)
  const isWhole = name !== undefined && path !== null && /^[a-z]{1,20}$/i.test(method)
  if (!isWhole || name.length + path.length > MOST_CHARACTERS) throw new DomainError('ADDRESS_AMBIGUOUS')
  return { method: method.toLowerCase(), host: name, path }
}

/** Null: it can be read in more than one way. */
function pathOf(target: string): string | null {
  const [written = ''] = target.split('?')
  // A browser encodes what is not ASCII; what did not come from one may be any encoding.
  if (!/^\/[\x21-\x7e]*$/.test(written) || ENCODED_SLASH.test(written)) return null
  const path = decoded(written)
  return path === null || UNCLEAR.test(path) || DOT_SEGMENT.test(path) ? null : path
}

/** Null: it is no UTF-8. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
