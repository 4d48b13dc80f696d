import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { PasswordField } from '../components/password-field.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type IdentityTexts from './messages.en.json'

/** Asks for the password again where the server wants that before something sensitive; then what was meant goes on by itself. */
export function StepUp({ onAnswer }: { onAnswer(goes: boolean): void }) {
  const text = useText<typeof IdentityTexts>('identity')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const { error, isBusy, attempt } = useAttempt()
  const submit = () =>
    attempt(async () => {
      await probity.stepUp({ password, ...(code.trim() !== '' && { mfa_code: code.trim() }) })
      onAnswer(true)
    })
  return (
    <Modal
      opened
      onClose={() => onAnswer(false)}
      title={text('step_up.title')}
      centered
      zIndex={400}
      closeButtonProps={{ 'aria-label': text('cancel') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <Stack>
          <Text c="dimmed">{text('step_up.hint')}</Text>
          {error !== null && <FailureNotice error={error} />}
          <PasswordField
            label={text('login.password')}
            autoComplete="current-password"
            required
            data-autofocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <TextInput
            label={text('step_up.code')}
            description={text('step_up.code_hint')}
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => onAnswer(false)}>
              {text('cancel')}
            </Button>
            <Button type="submit" loading={isBusy}>
              {text('step_up.submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
