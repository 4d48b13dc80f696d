import { Button, Group, Modal, Stack } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import type AppTexts from '../app/messages.en.json'
import { useText } from '../platform/text.tsx'
import { FailureNotice } from './failure-notice.tsx'
import { useAttempt } from './use-attempt.ts'

interface FormModalProps {
  opened: boolean
  onClose(): void
  title: string
  /** What the button says. */
  verb: string
  children: ReactNode
  size?: string
  /** What it does can't be undone. */
  isDangerous?: boolean
  /** Closes when it is done; stays open, with the reason, where it fails. */
  onSubmit(): Promise<unknown>
}

/** A form in a window of its own. What was written stays where the server refuses it. */
export function FormModal({
  opened,
  onClose,
  title,
  verb,
  children,
  size = 'md',
  isDangerous = false,
  onSubmit,
}: FormModalProps) {
  const text = useText<typeof AppTexts>('app')
  const { error, setError, isBusy, attempt } = useAttempt()
  const close = () => {
    setError(null)
    onClose()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    return attempt(async () => {
      await onSubmit()
      close()
    })
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={title}
      size={size}
      centered
      closeButtonProps={{ 'aria-label': text('close') }}
    >
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          {children}
          {error !== null && <FailureNotice error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {text('cancel')}
            </Button>
            <Button type="submit" loading={isBusy} {...(isDangerous && { color: 'red' })}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
