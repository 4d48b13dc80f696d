import { Button, Stack, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { PasswordField } from '../components/password-field.tsx'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { linkToken } from './link-token.ts'
import type IdentityTexts from './messages.en.json'
import { SHORTEST_PASSWORD } from './password.ts'

/** Where the link leads that was mailed to who forgot a password. */
export function PasswordPage() {
  const text = useText<typeof IdentityTexts>('identity')
  const navigate = useNavigate()
  const [token] = useState(linkToken)
  const [error, setError] = useState<unknown>(null)
  const form = useForm({
    initialValues: { new_password: '' },
    validate: {
      new_password: (value) =>
        value.length < SHORTEST_PASSWORD ? text('password.short', { least: SHORTEST_PASSWORD }) : null,
    },
  })
  const submit = form.onSubmit(async ({ new_password }) => {
    setError(null)
    await probity.resetPassword({ token, new_password }).then(() => navigate({ to: '/login' }), setError)
  })
  return (
    <form onSubmit={submit}>
      <Stack>
        <Title order={1}>{text('reset.title')}</Title>
        {error !== null && <FailureNotice error={error} />}
        <PasswordField
          label={text('password.new')}
          description={text('password.rule', { least: SHORTEST_PASSWORD })}
          autoComplete="new-password"
          required
          {...form.getInputProps('new_password')}
        />
        <Button type="submit" loading={form.submitting}>
          {text('reset.submit')}
        </Button>
      </Stack>
    </form>
  )
}
