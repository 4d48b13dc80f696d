import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import type AppTexts from '../app/messages.en.json'
import { useText } from '../platform/text.tsx'

/** A secret that is typed, and can be looked at. */
export function PasswordField(props: PasswordInputProps) {
  const text = useText<typeof AppTexts>('app')
  return <PasswordInput visibilityToggleButtonProps={{ 'aria-label': text('show_password') }} {...props} />
}
