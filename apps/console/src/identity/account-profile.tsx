import { Button, Card, Group, Stack, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { PasswordField } from '../components/password-field.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { meQuery, useMe } from './me.ts'
import type IdentityTexts from './messages.en.json'
import { SHORTEST_PASSWORD } from './password.ts'

export function AccountProfile() {
  const text = useText<typeof IdentityTexts>('identity')
  const me = useMe()
  const { error, attempt } = useAttempt()
  const form = useForm({ initialValues: { display_name: me.display_name ?? '' } })
  const submit = form.onSubmit(({ display_name }) =>
    attempt(async () => {
      await probity.changeProfile({ display_name: display_name.trim() === '' ? null : display_name.trim() })
      await queries.invalidateQueries(meQuery)
      notifications.show({ message: text('profile.saved') })
    }),
  )
  return (
    <Card>
      <Stack>
        <Title order={2}>{text('profile.title')}</Title>
        <form onSubmit={submit}>
          <Group align="flex-end">
            <TextInput
              label={text('profile.display_name')}
              autoComplete="name"
              flex={1}
              {...form.getInputProps('display_name')}
            />
            <Button type="submit" variant="default" loading={form.submitting}>
              {text('save')}
            </Button>
          </Group>
        </form>
        {error !== null && <FailureNotice error={error} />}
        <ChangePassword />
      </Stack>
    </Card>
  )
}

function ChangePassword() {
  const text = useText<typeof IdentityTexts>('identity')
  const [isOpen, setOpen] = useState(false)
  const { error, attempt } = useAttempt()
  const form = useForm({
    initialValues: { current_password: '', new_password: '' },
    validate: {
      new_password: (value) =>
        value.length < SHORTEST_PASSWORD ? text('password.short', { least: SHORTEST_PASSWORD }) : null,
    },
  })
  const submit = form.onSubmit((values) =>
    attempt(async () => {
      const { ended } = await probity.changePassword(values)
      notifications.show({ message: text('password.changed', { ended }) })
      form.reset()
      setOpen(false)
    }),
  )
  if (!isOpen)
    return (
      <Group>
        <Button variant="default" onClick={() => setOpen(true)}>
          {text('password.change')}
        </Button>
      </Group>
    )
  return (
    <form onSubmit={submit}>
      <Stack maw={420}>
        <PasswordField
          label={text('password.current')}
          autoComplete="current-password"
          required
          {...form.getInputProps('current_password')}
        />
        <PasswordField
          label={text('password.new')}
          description={text('password.rule', { least: SHORTEST_PASSWORD })}
          autoComplete="new-password"
          required
          {...form.getInputProps('new_password')}
        />
        {error !== null && <FailureNotice error={error} />}
        <Group>
          <Button type="submit" loading={form.submitting}>
            {text('password.change')}
          </Button>
          <Button variant="default" onClick={() => setOpen(false)}>
            {text('cancel')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
