import { startRegistration } from '@simplewebauthn/browser'
import { probity } from '../platform/client.ts'

/** Has the browser make a passkey for the account of whoever is logged in. Throws what the browser or the server refuses. */
export async function addPasskey(name: string): Promise<void> {
  const options = await probity.passkeyOptions()
  // The server gives what WebAuthn §5.4 names; its contract leaves the members to the standard.
  const optionsJSON = options as unknown as Parameters<typeof startRegistration>[0]['optionsJSON']
  const credential = await startRegistration({ optionsJSON })
  await probity.addPasskey({
    ...(name !== '' && { name }),
    credential: { ...credential, clientExtensionResults: {} },
  })
}
