import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type AppTexts from '../app/messages.en.json'
import { useText } from '../platform/text.tsx'
import { FailureNotice } from './failure-notice.tsx'
import { useAttempt } from './use-attempt.ts'

interface ConfirmProps {
  opened: boolean
  onClose(): void
  /** What is asked, with the name of the thing in it. */
  title: string
  children: ReactNode
  /** What the button says: the deed itself. */
  verb: string
  /** To be typed where it can't be undone. */
  name?: string
  isDangerous?: boolean
  onConfirm(): Promise<unknown>
}

/** Asks before something that hurts; it stays open and says why where that fails. */
export function Confirm({ opened, onClose, title, children, verb, name, isDangerous = true, onConfirm }: ConfirmProps) {
  const text = useText<typeof AppTexts>('app')
  const [typed, setTyped] = useState('')
  const { error, setError, isBusy, attempt } = useAttempt()
  const close = () => {
    setTyped('')
    setError(null)
    onClose()
  }
  const confirm = () =>
    attempt(async () => {
      await onConfirm()
      close()
    })
  return (
    <Modal opened={opened} onClose={close} title={title} centered closeButtonProps={{ 'aria-label': text('close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void confirm()
        }}
      >
        <Stack>
          <Text component="div">{children}</Text>
          {name !== undefined && (
            <TextInput
              label={text('confirm.type', { name })}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              data-autofocus
            />
          )}
          {error !== null && <FailureNotice error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {text('cancel')}
            </Button>
            <Button
              type="submit"
              {...(isDangerous && { color: 'red' })}
              loading={isBusy}
              disabled={name !== undefined && typed !== name}
            >
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
