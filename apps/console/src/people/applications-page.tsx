import { Stack } from '@mantine/core'
import { Page } from '../components/page.tsx'
import { useMay } from '../identity/me.ts'
import { useText } from '../platform/text.tsx'
import { Applications } from './applications.tsx'
import type PeopleTexts from './messages.en.json'
import { ServiceAccounts } from './service-accounts.tsx'

/** What people log in to through Probity, and accounts of programs. */
export function ApplicationsPage() {
  const text = useText<typeof PeopleTexts>('people')
  const may = useMay()
  return (
    <Page title={text('applications')} description={text('applications.description')}>
      <Stack>
        {may('application:read') && <Applications />}
        {may('service_account:read') && <ServiceAccounts />}
      </Stack>
    </Page>
  )
}
