import { Skeleton, Stack, Text, Title } from '@mantine/core'
import { Link, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { addressOf } from '../platform/base.ts'
import { useText } from '../platform/text.tsx'
import { returnFromProvider } from './log-in.ts'
import type IdentityTexts from './messages.en.json'

let finishing: Promise<string> | null = null

/** Where a provider sends the browser back to. It is finished once, however often the page is drawn. */
export function FederationPage() {
  const text = useText<typeof IdentityTexts>('identity')
  const router = useRouter()
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    finishing ??= returnFromProvider()
    finishing.then(
      (to) => router.history.replace(addressOf(to)),
      (refused) => {
        finishing = null
        setError(refused)
      },
    )
  }, [router])
  return (
    <Stack>
      <Title order={1}>{text('federation.title')}</Title>
      {error === null ? <Skeleton height={40} /> : <FailureNotice error={error} />}
      {error !== null && (
        <Text size="sm">
          <Link to="/login">{text('federation.again')}</Link>
        </Text>
      )}
    </Stack>
  )
}
