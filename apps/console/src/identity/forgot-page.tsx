import { Button, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { knownTenant } from './known-tenant.ts'
import type IdentityTexts from './messages.en.json'

/** Says the same whether there is such an account or not. */
export function ForgotPage() {
  const text = useText<typeof IdentityTexts>('identity')
  const [error, setError] = useState<unknown>(null)
  const [isDone, setDone] = useState(false)
  const form = useForm({ initialValues: { tenant: knownTenant(), username: '' } })
  const submit = form.onSubmit(async (values) => {
    setError(null)
    await probity.forgotPassword(values).then(() => setDone(true), setError)
  })
  return (
    <form onSubmit={submit}>
      <Stack>
        <Title order={1}>{text('forgot.title')}</Title>
        {error !== null && <FailureNotice error={error} />}
        {isDone ? (
          <Text role="status">{text('forgot.done')}</Text>
        ) : (
          <>
            <TextInput label={text('login.tenant')} required {...form.getInputProps('tenant')} />
            <TextInput
              label={text('login.username')}
              autoComplete="username"
              required
              {...form.getInputProps('username')}
            />
            <Button type="submit" loading={form.submitting}>
              {text('forgot.submit')}
            </Button>
          </>
        )}
        <Text size="sm" ta="center">
          <Link to="/login">{text('login.title')}</Link>
        </Text>
      </Stack>
    </form>
  )
}
