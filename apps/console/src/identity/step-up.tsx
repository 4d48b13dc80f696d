import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { probity } from '../platform/client.ts'
import { onStepUp } from '../platform/session.ts'
import { useText } from '../platform/text.tsx'
import type IdentityTexts from './messages.en.json'

/** Asks for the password again where the server wants that before something sensitive; then what was meant goes on by itself. */
export function StepUp() {
  const text = useText<typeof IdentityTexts>('identity')
  const [isOpen, setOpen] = useState(false)
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [error, setError] = useState<unknown>(null)
  const [isBusy, setBusy] = useState(false)
  const answer = useRef<(goes: boolean) => void>(() => {})
  useEffect(() => {
    onStepUp(
      () =>
        new Promise<boolean>((resolve) => {
          answer.current = resolve
          setOpen(true)
        }),
    )
  }, [])
  const end = (goes: boolean) => {
    setOpen(false)
    setPassword('')
    setCode('')
    setError(null)
    answer.current(goes)
  }
  const submit = async () => {
    setBusy(true)
    setError(null)
    try {
      await probity.stepUp({ password, ...(code.trim() !== '' && { mfa_code: code.trim() }) })
      end(true)
    } catch (refused) {
      setError(refused)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      opened={isOpen}
      onClose={() => end(false)}
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
          <PasswordInput
            label={text('login.password')}
            autoComplete="current-password"
            required
            data-autofocus
            visibilityToggleButtonProps={{ 'aria-label': text('login.show_password') }}
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
            <Button variant="default" onClick={() => end(false)}>
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
