import { codeOf } from '../../platform/errors.ts'
import { NotAskedError } from '../../platform/outside.ts'

/** What is wrong with a provider, in words for its administrator. */
export class ProviderProblem extends Error {}

/** What went wrong when a provider was asked, in words that its administrator can do something with. */
export function problemOf(error: unknown): string {
  const causes = [...chainOf(error)]
  const told = causes.find((one) => one instanceof NotAskedError || one instanceof ProviderProblem)
  if (told) return told.message
  const issuer = otherIssuerIn(causes)
  if (issuer !== null)
    return `it calls itself ${JSON.stringify(issuer)}; make a connection with that issuer, letter by letter`
  for (const one of causes) {
    const { name, message } = one
    const code = codeOf(one)
    const said = BY_CODE[code] ?? BY_CODE[name] ?? BY_CODE[message]
    if (said !== undefined) return said
    if (code.startsWith('ERR_TLS') || code.includes('CERT') || code.includes('SIGNATURE'))
      return `its certificate is not taken: ${message}`
  }
  return 'it does not answer as such a server does; check the address'
}

const BY_CODE: Record<string, string> = {
  ENOTFOUND: 'its name is not known to DNS; check the address',
  EAI_AGAIN: 'its name cannot be resolved just now; try again',
  ECONNREFUSED: 'nothing listens at its address; check host and port, and whether it runs',
  'bad port': 'its port is one that no web server may have',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there; check https and the port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS there; check https and the port',
  ECONNRESET: 'it ended the connection',
  EHOSTUNREACH: 'its address cannot be reached from the server',
  ENETUNREACH: 'its address cannot be reached from the server',
  ETIMEDOUT: 'it does not answer in time',
  TimeoutError: 'it does not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it does not answer in time',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'its answer is longer than any such answer is',
  NoSuchObjectError: 'user_base or group_base stands nowhere in it',
  InvalidDNSyntaxError: 'user_base or group_base cannot be read as a distinguished name',
  InsufficientAccessError: 'the account of bind_dn may not search there',
  OAUTH_RESPONSE_IS_NOT_CONFORM:
    'it has no OpenID configuration there (/.well-known/openid-configuration); check the issuer',
  OAUTH_RESPONSE_IS_NOT_JSON: 'what it answers is not JSON; check the issuer',
  OAUTH_PARSE_ERROR: 'what it answers cannot be read; check the issuer',
  OAUTH_INVALID_RESPONSE: 'its OpenID configuration lacks what is needed',
  OAUTH_HTTP_REQUEST_FORBIDDEN: 'it is not reached over TLS (https)',
}

// What a provider says of itself, cut where it is longer than a name is.
function otherIssuerIn(causes: readonly Error[]): string | null {
  for (const one of causes) {
    const { cause } = one
    if (codeOf(one) !== 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' || typeof cause !== 'object' || cause === null)
      continue
    const body = 'body' in cause ? cause.body : null
    const issuer = typeof body === 'object' && body !== null && 'issuer' in body ? body.issuer : null
    if (typeof issuer === 'string') return issuer.slice(0, 200)
  }
  return null
}

function* chainOf(error: unknown): Generator<Error> {
  let one: unknown = error
  for (let depth = 0; depth < 8 && one instanceof Error; depth++) {
    yield one
    one = one.cause
  }
}
