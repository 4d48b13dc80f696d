import { Button, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { PasswordField } from '../components/password-field.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { addressOf } from '../platform/base.ts'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { linkToken } from './link-token.ts'
import { logInWithPassword } from './log-in.ts'
import type IdentityTexts from './messages.en.json'
import { SHORTEST_PASSWORD } from './password.ts'

/** Where an invitation leads: a name and a password, and one is in. */
export function InvitationPage() {
  const text = useText<typeof IdentityTexts>('identity')
  const router = useRouter()
  const [token] = useState(linkToken)
  const { error, attempt } = useAttempt()
  const form = useForm({
    initialValues: { display_name: '', password: '' },
    validate: {
      password: (value) =>
        value.length < SHORTEST_PASSWORD ? text('password.short', { least: SHORTEST_PASSWORD }) : null,
    },
  })
  const submit = form.onSubmit(({ display_name, password }) =>
    attempt(async () => {
      const name = display_name.trim()
      const account = await probity.acceptInvitation({ token, password, ...(name !== '' && { display_name: name }) })
      await logInWithPassword({ tenant: account.tenant_id, username: account.username, password, remember_me: false })
      router.history.push(addressOf('/'))
    }),
  )
  return (
    <form onSubmit={submit}>
      <Stack>
        <Title order={1}>{text('invitation.title')}</Title>
        <Text c="dimmed">{text('invitation.hint')}</Text>
        {error !== null && <FailureNotice error={error} />}
        <TextInput
          label={text('profile.display_name')}
          description={text('invitation.name_hint')}
          autoComplete="name"
          {...form.getInputProps('display_name')}
        />
        <PasswordField
          label={text('password.new')}
          description={text('password.rule', { least: SHORTEST_PASSWORD })}
          autoComplete="new-password"
          required
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={form.submitting}>
          {text('invitation.submit')}
        </Button>
      </Stack>
    </form>
  )
}
