import { Alert, Anchor } from '@mantine/core'
import { useText } from '../platform/text.tsx'
import type IdentityTexts from './messages.en.json'

const IS_ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[.*\])$/
const IS_LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\])$/

/** Whether the browser came by a number, to which no passkey can belong (WebAuthn §5.1.2: a domain, and no address). */
export const IS_WITHOUT_NAME = IS_ADDRESS.test(location.hostname)

/** Says why there are no passkeys here, and where there are; nothing where there are. */
export function PasskeyPlace() {
  const text = useText<typeof IdentityTexts>('identity')
  if (!IS_WITHOUT_NAME) return null
  return (
    <Alert role="status" color="blue" title={text('passkey.nameless')}>
      {IS_LOOPBACK.test(location.hostname) ? (
        <Anchor href={atLocalhost()}>{text('passkey.localhost')}</Anchor>
      ) : (
        text('passkey.needs_name')
      )}
    </Alert>
  )
}

function atLocalhost(): string {
  const here = new URL(location.href)
  here.hostname = 'localhost'
  return here.href
}
