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
 * one would be asked about and the other be got. Throws ADDRESS_AMBIGUOUS, with what has to be another.
 */
export function httpRoute(method: string, host: string, target: string): HttpRoute {
  if (!/^[a-z]{1,20}$/i.test(method)) throw unclear('the method is missing: nginx sends it as X-Original-Method')
  const name = HOST.exec(host.toLowerCase())?.[1]
  if (name === undefined) throw unclear('the host is missing or is no name: send on the Host of the request')
  const path = pathOf(target)
  if (name.length + path.length > MOST_CHARACTERS)
    throw unclear(`host and path have more than ${MOST_CHARACTERS} characters`)
  return { method: method.toLowerCase(), host: name, path }
}

function unclear(reason: string): DomainError {
  return new DomainError('ADDRESS_AMBIGUOUS', { reason })
}

/** Throws ADDRESS_AMBIGUOUS for what can be read in more than one way. */
function pathOf(target: string): string {
  const [written = ''] = target.split('?')
  if (!written.startsWith('/'))
    throw unclear('the path is missing: nginx sends it as X-Original-URI, Envoy behind the prefix')
  // A browser encodes what is not ASCII; what did not come from one may be any encoding.
  if (!/^[\x21-\x7e]*$/.test(written)) throw unclear('the path has letters that are not ASCII: encode them (%C3%A9)')
  const path = decoded(written)
  if (path === null) throw unclear('the path is no UTF-8 where it is decoded')
  if (ENCODED_SLASH.test(written) || UNCLEAR.test(path))
    throw unclear(
      'the path has //, \\, ; or #, an encoded slash, a control character, or is encoded twice: ask for it without',
    )
  if (DOT_SEGMENT.test(path)) throw unclear('the path has . or .. as a part: ask for what it leads to')
  return path
}

/** Null: it is no UTF-8. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
