import { Button, Checkbox, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { useText } from '../platform/text.tsx'
import { type Asked, type Credentials, logInWithPasskey, logInWithPassword } from './log-in.ts'
import type IdentityTexts from './messages.en.json'

interface SecondFactorProps {
  asked: Asked
  credentials: Credentials
  onDone(): void
  onBack(): void
}

/** The password was right, and more is asked for. */
export function SecondFactor({ asked, credentials, onDone, onBack }: SecondFactorProps) {
  const text = useText<typeof IdentityTexts>('identity')
  const [code, setCode] = useState('')
  const [remember, setRemember] = useState(false)
  const [sent, setSent] = useState(false)
  const { error, isBusy, attempt } = useAttempt()
  const submit = () =>
    attempt(async () => {
      if ((await logInWithPassword(credentials, { mfa_code: code.trim(), remember_device: remember })) === null)
        onDone()
    })
  const send = (send_code: 'email' | 'sms') =>
    attempt(async () => {
      await logInWithPassword(credentials, { send_code })
      setSent(true)
    })
  const passkey = () => attempt(async () => logInWithPasskey(credentials.tenant, credentials.remember_me).then(onDone))
  const sendable = asked.methods.filter((method) => method === 'email' || method === 'sms')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <Stack>
        <Title order={1}>{text('factor.title')}</Title>
        <Text c="dimmed">{text('factor.hint')}</Text>
        {error !== null && <FailureNotice error={error} />}
        {sent && <Text role="status">{text('factor.sent')}</Text>}
        <TextInput
          label={text('factor.code')}
          autoComplete="one-time-code"
          required
          data-autofocus
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Checkbox
          label={text('factor.remember')}
          checked={remember}
          onChange={(event) => setRemember(event.currentTarget.checked)}
        />
        <Button type="submit" loading={isBusy}>
          {text('login.submit')}
        </Button>
        <Group gap="xs">
          {sendable.map((method) => (
            <Button key={method} variant="default" onClick={() => void send(method)}>
              {text(`factor.send_${method}`)}
            </Button>
          ))}
          {asked.methods.includes('passkey') && (
            <Button variant="default" onClick={() => void passkey()}>
              {text('login.passkey')}
            </Button>
          )}
          <Button variant="subtle" onClick={onBack}>
            {text('back')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
