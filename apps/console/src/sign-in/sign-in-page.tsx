import { Stack } from '@mantine/core'
import { Page } from '../components/page.tsx'
import { useMay } from '../identity/me.ts'
import { useText } from '../platform/text.tsx'
import { Connections } from './connections.tsx'
import { Domains } from './domains.tsx'
import type SignInTexts from './messages.en.json'
import { Provisioning } from './provisioning.tsx'
import { Rules } from './rules.tsx'

/** How people of the tenant log in: what is asked of them, through which providers, and who is led to which. */
export function SignInPage() {
  const text = useText<typeof SignInTexts>('sign-in')
  const may = useMay()
  return (
    <Page title={text('sign_in')} description={text('sign_in.description')} width={1000}>
      <Stack>
        {may('sign_in_rules:read') && <Rules />}
        {may('connection:read') && <Connections />}
        {may('domain:read') && <Domains />}
        {may('service_account:read') && <Provisioning />}
      </Stack>
    </Page>
  )
}
