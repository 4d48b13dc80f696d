import { Button, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { linkToken } from './link-token.ts'
import type IdentityTexts from './messages.en.json'

/** Shows that an address is one's own. By a button: programs that look at mail follow links too. */
export function AddressPage() {
  const text = useText<typeof IdentityTexts>('identity')
  const [token] = useState(linkToken)
  const [error, setError] = useState<unknown>(null)
  const [isDone, setDone] = useState(false)
  const show = () => probity.showAddress({ token }).then(() => setDone(true), setError)
  return (
    <Stack>
      <Title order={1}>{text('address.title')}</Title>
      {error !== null && <FailureNotice error={error} />}
      {isDone ? (
        <>
          <Text role="status">{text('address.done')}</Text>
          <Link to="/">{text('address.go')}</Link>
        </>
      ) : (
        <Button onClick={() => void show()}>{text('address.submit')}</Button>
      )}
    </Stack>
  )
}
