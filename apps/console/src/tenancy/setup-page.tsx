import { Button, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { Link, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { PasswordField } from '../components/password-field.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { linkToken } from '../identity/link-token.ts'
import { logInWithPassword } from '../identity/log-in.ts'
import { SHORTEST_PASSWORD } from '../identity/password.ts'
import { addressOf } from '../platform/base.ts'
import { probity } from '../platform/client.ts'
import { toldOf } from '../platform/failure.ts'
import { useText } from '../platform/text.tsx'
import type TenancyTexts from './messages.en.json'

/** Makes a tenant's first administrator, and lets them in. */
export function SetupPage() {
  const text = useText<typeof TenancyTexts>('tenancy')
  const router = useRouter()
  const [token] = useState(linkToken)
  // What a link says of itself (formats §10): one to the first tenant names none.
  const isFirst = /^prb_su_0{22}/.test(token)
  const { error, attempt } = useAttempt()
  const form = useForm({
    initialValues: { tenant: '', email: '', password: '' },
    validate: {
      tenant: (value) => (isFirst && value.trim() === '' ? text('setup.tenant_needed') : null),
      password: (value) =>
        value.length < SHORTEST_PASSWORD ? text('setup.short', { least: SHORTEST_PASSWORD }) : null,
    },
  })
  useEffect(() => {
    document.title = `${text('setup.title')} · Probity`
  }, [text])
  const submit = form.onSubmit(({ tenant, email, password }) =>
    attempt(async () => {
      const named = isFirst ? { tenant: tenant.trim() } : {}
      const made = await probity.setUp({ setup_token: token, email, password, ...named })
      await logInWithPassword({ tenant: made.tenant_id, username: email, password, remember_me: false })
      // Its token is for programs: a browser has a session, and nobody has seen it.
      await probity.revokeToken(made.token_id)
      router.history.push(addressOf('/welcome'))
    }),
  )
  if (token === '')
    return (
      <Stack>
        <Title order={1}>{text('setup.title')}</Title>
        <Text>{text('setup.no_link')}</Text>
      </Stack>
    )
  if (error !== null && toldOf(error).code === 'LINK_EXPIRED')
    return (
      <Stack>
        <Title order={1}>{text('setup.title')}</Title>
        <FailureNotice error={error} />
        <Text>{text('setup.no_link')}</Text>
        <Link to="/login">{text('setup.log_in')}</Link>
      </Stack>
    )
  return (
    <form onSubmit={submit}>
      <Stack>
        <Title order={1}>{text('setup.title')}</Title>
        <Text c="dimmed">{text('setup.hint')}</Text>
        {error !== null && <FailureNotice error={error} />}
        {isFirst && (
          <TextInput
            label={text('setup.tenant')}
            description={text('setup.tenant_hint')}
            autoComplete="organization"
            {...form.getInputProps('tenant')}
          />
        )}
        <TextInput
          label={text('setup.email')}
          type="email"
          autoComplete="username"
          required
          {...form.getInputProps('email')}
        />
        <PasswordField
          label={text('setup.password')}
          description={text('setup.password_hint', { least: SHORTEST_PASSWORD })}
          autoComplete="new-password"
          required
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={form.submitting}>
          {text('setup.submit')}
        </Button>
      </Stack>
    </form>
  )
}
