import { Button, Card, Group, List, Text } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Page } from '../components/page.tsx'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type IdentityTexts from './messages.en.json'

const consentRoute = getRouteApi('/inside/consent')

/** What an application wants of somebody, and whether it may. */
export function ConsentPage() {
  const text = useText<typeof IdentityTexts>('identity')
  const { application, scopes, was_granted, is_device } = consentRoute.useLoaderData()
  const [error, setError] = useState<unknown>(null)
  const answer = (grant: boolean) =>
    probity.answerConsent({ grant }).then(({ redirect_to }) => location.assign(redirect_to), setError)
  return (
    <Page title={text('consent.title', { name: application.name })} width={560}>
      <Card>
        <Text mb="sm">{text('consent.wants')}</Text>
        <List>
          {scopes.map((scope) => (
            <List.Item key={scope}>{scope}</List.Item>
          ))}
        </List>
        {was_granted && (
          <Text mt="sm" c="dimmed">
            {text('consent.before')}
          </Text>
        )}
        {is_device && (
          <Text mt="sm" fw={500}>
            {text('consent.device')}
          </Text>
        )}
        {error !== null && <FailureNotice error={error} />}
        <Group mt="lg">
          <Button onClick={() => void answer(true)}>{text('consent.allow')}</Button>
          <Button variant="default" onClick={() => void answer(false)}>
            {text('consent.deny')}
          </Button>
        </Group>
      </Card>
    </Page>
  )
}
