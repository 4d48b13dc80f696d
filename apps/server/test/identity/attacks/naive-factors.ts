import { randomBytes } from 'node:crypto'
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import { Secret } from 'otpauth'
import type { Calls, World } from './naive-world.ts'

const HOST = 'audit.example.org'

/** Factors as they are taken by who calls the libraries until something comes out. */
export function factorCalls(world: World): Calls {
  const passkeys = new Map<string, Uint8Array<ArrayBuffer>>()
  const handles = new Map<string, string>()
  const options = () => ({ challenge: randomBytes(32).toString('base64url'), rp: { id: HOST }, rpId: HOST })
  return {
    'POST /v1/auth/mfa/setup': ({ me }) => {
      const setup_key = new Secret().base32
      if (me) me.totp = setup_key
      return { body: { factor_id: 'totp', setup_key } }
    },
    'POST /v1/auth/mfa/confirm': () => ({ body: {} }),
    'POST /v1/me/passkeys/options': ({ me }) => {
      const handle = Buffer.from(me?.id ?? '').toString('base64url')
      handles.set(handle, me?.id ?? '')
      return { body: { ...options(), user: { id: handle } } }
    },
    'POST /v1/me/passkeys': async ({ body: { credential } }) => {
      const { registrationInfo } = await verifyRegistrationResponse({ response: credential, ...taken(credential) })
      if (registrationInfo) passkeys.set(credential.id, registrationInfo.credential.publicKey)
      return { status: 201, body: {} }
    },
    'POST /v1/auth/passkey/options': () => ({ body: options() }),
    'POST /v1/auth/passkey': async ({ body: { credential } }) => {
      const publicKey = passkeys.get(credential.id)
      const account = world.accounts.get(handles.get(credential.response.userHandle) ?? '')
      if (!publicKey || !account) return { status: 401, body: {} }
      const key = { id: credential.id, publicKey, counter: 0 }
      const { verified } = await verifyAuthenticationResponse({
        ...{ response: credential, credential: key, ...taken(credential) },
      })
      return verified ? { body: { access_token: world.open(account) } } : { status: 401, body: {} }
    },
  }
}

/** What is expected is what there is. */
function taken(credential: { response: { clientDataJSON: string } }) {
  const { origin } = JSON.parse(Buffer.from(credential.response.clientDataJSON, 'base64url').toString())
  return {
    ...{ expectedChallenge: () => true, expectedOrigin: origin as string },
    ...{ expectedRPID: HOST, requireUserVerification: false },
  }
}
