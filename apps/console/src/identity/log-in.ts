import type { LoginAnswer } from '@probity/contract'
import { startAuthentication } from '@simplewebauthn/browser'
import { probity } from '../platform/client.ts'
import { sessionOpened } from '../platform/session.ts'
import { loggedIn } from './me.ts'

export interface Credentials {
  tenant: string
  username: string
  password: string
  remember_me: boolean
}
export type Asked = Extract<LoginAnswer, { mfa_required: true }>

const FEDERATION = 'probity-federation'

/** Logs in by password; answers what is asked for beside it, or null where the session is open. */
export async function logInWithPassword(
  credentials: Credentials,
  second: { mfa_code?: string; send_code?: 'email' | 'sms'; remember_device?: boolean } = {},
): Promise<Asked | null> {
  const answer = await probity.logIn({ credential_type: 'username_password', ...credentials, ...second })
  if (answer.mfa_required) return answer
  opened(answer)
  return null
}

/** Logs in by a passkey that the browser has. */
export async function logInWithPasskey(tenant: string, remember_me: boolean): Promise<void> {
  const options = await probity.passkeyLogInOptions({ tenant })
  // The server gives what WebAuthn §5.5 names; its contract leaves the members to the standard.
  const optionsJSON = options as unknown as Parameters<typeof startAuthentication>[0]['optionsJSON']
  const credential = await startAuthentication({ optionsJSON })
  opened(
    await probity.logInWithPasskey({ tenant, credential: { ...credential, clientExtensionResults: {} }, remember_me }),
  )
}

/** Sends the browser to the provider of somebody's mail domain; false: there is none. */
export async function leaveForProvider(email: string, to: string): Promise<boolean> {
  const { tenant, connection } = await probity.findRealm(email)
  if (tenant === null || connection === null) return false
  await leaveForConnection(tenant, connection, to)
  return true
}

/** Sends the browser to a provider; `to`: where to go on afterwards. */
export async function leaveForConnection(tenant: string, connection: string, to: string): Promise<void> {
  const { authorization_url, request_token } = await probity.startFederation(tenant, connection)
  sessionStorage.setItem(FEDERATION, JSON.stringify({ request_token, to }))
  location.assign(authorization_url)
}

/** Finishes it where the provider sent the browser back; answers where to go on. Throws what the server refuses. */
export async function returnFromProvider(): Promise<string> {
  const kept = sessionStorage.getItem(FEDERATION)
  if (kept === null) throw new Error('this log-in did not begin in this window: begin again')
  const { request_token, to } = JSON.parse(kept) as { request_token: string; to: string }
  const parameters = sessionStorage.getItem('probity.saml') ?? location.href
  sessionStorage.removeItem(FEDERATION)
  sessionStorage.removeItem('probity.saml')
  opened(await probity.finishFederation({ request_token, parameters }))
  return to
}

function opened(answer: unknown): void {
  loggedIn()
  sessionOpened(answer)
}
