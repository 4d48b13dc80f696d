import { Tabs } from '@mantine/core'
import { Page } from '../components/page.tsx'
import { useText } from '../platform/text.tsx'
import type AccessTexts from './messages.en.json'
import { WhoMay } from './who-may.tsx'
import { WhyOrWhyNot } from './why-or-why-not.tsx'

/** Who may do something, and whether somebody may, and why. */
export function ExplorerPage() {
  const text = useText<typeof AccessTexts>('access')
  return (
    <Page title={text('explorer')} description={text('explorer.description')}>
      <Tabs defaultValue="who" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="who">{text('explorer.who')}</Tabs.Tab>
          <Tabs.Tab value="why">{text('explorer.why')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="who" pt="md">
          <WhoMay />
        </Tabs.Panel>
        <Tabs.Panel value="why" pt="md">
          <WhyOrWhyNot />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}
