import type { AdapterPayload } from 'oidc-provider'
import type { ApplicationRow } from './store-applications.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const GRANTS: Record<ApplicationRow['kind'], string[]> = {
  web: ['authorization_code', 'refresh_token'],
  public: ['authorization_code', 'refresh_token'],
  machine: ['client_credentials'],
  device: [DEVICE_CODE, 'refresh_token'],
}

/** An application as OAuth 2.0 describes clients (RFC 7591 §2). In the place of its secret stands the hash, in hexadecimal. */
export function metadataOf(row: ApplicationRow): AdapterPayload {
  const { id, name, kind, redirect_uris, scopes, secret_hash } = row
  const hasCode = kind === 'web' || kind === 'public'
  const isNative = redirect_uris.some((uri) => !uri.startsWith('https:'))
  return {
    ...{ client_id: id, client_name: name, redirect_uris, grant_types: GRANTS[kind] },
    response_types: hasCode ? ['code'] : [],
    application_type: isNative ? 'native' : 'web',
    token_endpoint_auth_method: secret_hash === null ? 'none' : 'client_secret_basic',
    ...(secret_hash !== null && { client_secret: secret_hash.toString('hex') }),
    ...(kind !== 'machine' && { scope: scopes.join(' ') || 'openid' }), // without one, the library lets it ask for all
  }
}
