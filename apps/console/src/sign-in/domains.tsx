import { Badge, Button, Card, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core'
import type { Realm } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { CopyField } from '../components/copy-field.tsx'
import { Deeds } from '../components/deeds.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { QueryState } from '../components/query-state.tsx'
import { useMay } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type SignInTexts from './messages.en.json'
import { connectionsQuery, domainsQuery } from './queries.ts'

const changed = () => queries.invalidateQueries({ queryKey: domainsQuery.queryKey })

/** Mail domains: who logs in with an address of one is led to its provider. */
export function Domains() {
  const text = useText<typeof SignInTexts>('sign-in')
  const may = useMay()
  const query = useQuery(domainsQuery)
  const connections = useQuery(connectionsQuery)
  const [isClaiming, setClaiming] = useState(false)
  const [domain, setDomain] = useState('')
  const [connection, setConnection] = useState<string | null>(null)
  const domains = query.data?.domains ?? []
  return (
    <Card>
      <Stack>
        <Group justify="space-between">
          <Title order={2}>{text('domains')}</Title>
          {may('domain:write') && <Button onClick={() => setClaiming(true)}>{text('domains.claim')}</Button>}
        </Group>
        <QueryState query={query}>
          {domains.length === 0 && <Text c="dimmed">{text('domains.none')}</Text>}
          {domains.map((one) => (
            <OneDomain key={one.domain} realm={one} />
          ))}
        </QueryState>
      </Stack>
      <FormModal
        opened={isClaiming}
        onClose={() => setClaiming(false)}
        title={text('domains.claim')}
        verb={text('domains.claim')}
        onSubmit={async () => {
          await probity.claimDomain({ domain: domain.trim().toLowerCase(), connection_id: connection })
          setDomain('')
          await changed()
        }}
      >
        <TextInput
          label={text('domains.domain')}
          placeholder="example.org"
          required
          data-autofocus
          value={domain}
          onChange={(event) => setDomain(event.currentTarget.value)}
        />
        <Select
          label={text('domains.provider')}
          clearable
          clearButtonProps={{ 'aria-label': text('domains.no_provider') }}
          data={connections.data?.connections.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          value={connection}
          onChange={setConnection}
        />
      </FormModal>
    </Card>
  )
}

function OneDomain({ realm }: { realm: Realm }) {
  const text = useText<typeof SignInTexts>('sign-in')
  const may = useMay()
  const [error, setError] = useState<unknown>(null)
  const isVerified = realm.verified_at !== null
  return (
    <Card>
      <Stack gap="xs">
        <Group justify="space-between">
          <Group gap="xs">
            <Text fw={600}>{realm.domain}</Text>
            <Badge color={isVerified ? 'green' : 'orange'}>
              {text(isVerified ? 'domains.verified' : 'domains.unverified')}
            </Badge>
          </Group>
          {may('domain:write') && (
            <Deeds
              size="compact-sm"
              deeds={[
                ...(isVerified
                  ? []
                  : [{ label: text('domains.verify'), run: () => probity.verifyDomain(realm.domain) }]),
                {
                  label: text('domains.release'),
                  isDangerous: true,
                  confirm: {
                    title: text('domains.release_title', { name: realm.domain }),
                    hint: text('domains.release_hint'),
                  },
                  run: () => probity.releaseDomain(realm.domain),
                },
              ]}
              onDone={changed}
              onError={setError}
            />
          )}
        </Group>
        {error !== null && <FailureNotice error={error} />}
        {!isVerified && (
          <>
            <Text c="dimmed">{text('domains.record')}</Text>
            <CopyField label="TXT" value={realm.record_name} />
            <CopyField label={text('domains.value')} value={realm.record_value} />
          </>
        )}
      </Stack>
    </Card>
  )
}
