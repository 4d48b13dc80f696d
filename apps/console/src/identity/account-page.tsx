import { Stack } from '@mantine/core'
import { Page } from '../components/page.tsx'
import { useText } from '../platform/text.tsx'
import { AccountFactors } from './account-factors.tsx'
import { AccountProfile } from './account-profile.tsx'
import { AccountSessions } from './account-sessions.tsx'
import { useMe } from './me.ts'
import type IdentityTexts from './messages.en.json'

/** One's own account: who one is, how one logs in, and where one is logged in. */
export function AccountPage() {
  const text = useText<typeof IdentityTexts>('identity')
  const me = useMe()
  return (
    <Page title={text('account.title')} description={me.email} width={860}>
      <Stack gap="md">
        <AccountProfile />
        <AccountFactors />
        <AccountSessions />
      </Stack>
    </Page>
  )
}
