import { Badge, Button, Modal, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import type { Tenant } from '@probity/contract'
import { IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { CopyField } from '../components/copy-field.tsx'
import { type Deed, Deeds } from '../components/deeds.tsx'
import { deedsColumn } from '../components/deeds-column.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { Moment } from '../components/moment.tsx'
import { More } from '../components/more.tsx'
import { Page } from '../components/page.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useMe } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { pagesOf } from '../platform/lists.ts'
import { useText } from '../platform/text.tsx'
import type TenancyTexts from './messages.en.json'

const tenantsQuery = pagesOf(['tenancy', 'tenants'], (page) => probity.tenants(page))
const LEVELS = ['Standard', 'High', 'Critical'] as const
const changed = () => queries.invalidateQueries({ queryKey: tenantsQuery.queryKey })

interface Link {
  name: string
  url: string
}

/** The organisations of an installation, for who operates it. What is theirs is not to be seen from here. */
export function TenantsPage() {
  const text = useText<typeof TenancyTexts>('tenancy')
  const me = useMe()
  const query = useInfiniteQuery(tenantsQuery)
  const [isMaking, setMaking] = useState(false)
  const [link, setLink] = useState<Link | null>(null)
  const [error, setError] = useState<unknown>(null)
  const deedsOf = (tenant: Tenant): Deed[] =>
    tenant.id === me.tenant.id
      ? []
      : [
          tenant.is_active
            ? {
                label: text('tenants.suspend'),
                isDangerous: true,
                confirm: {
                  title: text('tenants.suspend_title', { name: tenant.name }),
                  hint: text('tenants.suspend_hint'),
                  name: tenant.name,
                },
                run: () => probity.setTenantActive(tenant.id, false),
              }
            : { label: text('tenants.reactivate'), run: () => probity.setTenantActive(tenant.id, true) },
          {
            label: text('tenants.link'),
            run: async () => setLink({ name: tenant.name, url: (await probity.renewSetupLink(tenant.id)).setup_url }),
          },
        ]
  return (
    <Page
      title={text('tenants')}
      description={text('tenants.description')}
      actions={
        <Button leftSection={<IconPlus size={15} />} onClick={() => setMaking(true)}>
          {text('tenants.make')}
        </Button>
      }
    >
      {error !== null && <FailureNotice error={error} />}
      <QueryState query={query}>
        <Table<Tenant>
          label={text('tenants')}
          rows={query.data?.pages.flatMap((page) => page.tenants) ?? []}
          rowKey={({ id }) => id}
          columns={[
            {
              id: 'name',
              header: text('tenants.name'),
              accessorKey: 'name',
              cell: ({ row: { original } }) => (
                <>
                  {original.name} {original.id === me.tenant.id && <Badge ml={6}>{text('tenants.this')}</Badge>}
                </>
              ),
            },
            {
              id: 'level',
              header: text('tenants.level'),
              accessorKey: 'security_level',
              cell: ({ row }) => text(levelName(row.original.security_level)),
            },
            {
              id: 'state',
              header: text('tenants.state'),
              accessorKey: 'is_active',
              cell: ({ row: { original } }) => (
                <Badge color={original.is_active ? 'green' : 'orange'}>
                  {text(original.is_active ? 'tenants.active' : 'tenants.suspended')}
                </Badge>
              ),
            },
            {
              id: 'since',
              header: text('tenants.since'),
              accessorKey: 'created_at',
              cell: ({ row }) => <Moment at={row.original.created_at} />,
            },
            deedsColumn((row) => <Deeds size="compact-sm" deeds={deedsOf(row)} onDone={changed} onError={setError} />),
          ]}
        />
      </QueryState>
      <More query={query} />
      <MakeTenant opened={isMaking} onClose={() => setMaking(false)} onMade={setLink} />
      <Modal
        opened={link !== null}
        onClose={() => setLink(null)}
        title={text('tenants.link_title', { name: link?.name ?? '' })}
        centered
        closeButtonProps={{ 'aria-label': text('tenants.close') }}
      >
        <Stack>
          <Text>{text('tenants.link_hint')}</Text>
          <CopyField label={text('tenants.link_name')} value={link?.url ?? ''} />
          <Button onClick={() => setLink(null)}>{text('tenants.close')}</Button>
        </Stack>
      </Modal>
    </Page>
  )
}

function levelName(level: Tenant['security_level']) {
  return ({ Standard: 'tenants.standard', High: 'tenants.high', Critical: 'tenants.critical' } as const)[level]
}

function MakeTenant({ opened, onClose, onMade }: { opened: boolean; onClose(): void; onMade(link: Link): void }) {
  const text = useText<typeof TenancyTexts>('tenancy')
  const [name, setName] = useState('')
  const [about, setAbout] = useState('')
  const [level, setLevel] = useState<Tenant['security_level']>('Standard')
  return (
    <FormModal
      opened={opened}
      onClose={onClose}
      title={text('tenants.make')}
      verb={text('tenants.make')}
      onSubmit={async () => {
        const description = about.trim()
        const made = await probity.createTenant({
          name: name.trim(),
          security_level: level,
          ...(description !== '' && { description }),
        })
        onMade({ name: made.tenant.name, url: made.setup_url })
        setName('')
        setAbout('')
        await changed()
      }}
    >
      <TextInput
        label={text('tenants.name')}
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label={text('tenants.about')}
        autosize
        minRows={2}
        value={about}
        onChange={(event) => setAbout(event.currentTarget.value)}
      />
      <Select
        label={text('tenants.level')}
        data={LEVELS.map((value) => ({ value, label: text(levelName(value)) }))}
        value={level}
        onChange={(chosen) => setLevel(LEVELS.find((one) => one === chosen) ?? 'Standard')}
        allowDeselect={false}
      />
    </FormModal>
  )
}
