import { Badge, Button, Select, Textarea, TextInput } from '@mantine/core'
import type { Policy } from '@probity/contract'
import { IconGavel } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { EmptyState } from '../components/empty-state.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { Moment } from '../components/moment.tsx'
import { More } from '../components/more.tsx'
import { Page } from '../components/page.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useMay } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PolicyTexts from './messages.en.json'
import { policiesQuery } from './queries.ts'

const TYPES = ['Access', 'Retention', 'Privacy', 'Session', 'Password', 'Detection'] as const
export const STATE_COLOURS = { draft: 'gray', in_review: 'blue', approved: 'green', rejected: 'red' } as const
const FIRST_RULES =
  'forbid (principal, action == Action::"delete", resource is document)\nwhen { resource has state && resource.state == "final" };\n'

/** All policies, with the state of each one's newest version. */
export function PoliciesPage() {
  const text = useText<typeof PolicyTexts>('policies')
  const may = useMay()
  const query = useInfiniteQuery(policiesQuery)
  const [isMaking, setMaking] = useState(false)
  const make = may('policy:write') && <Button onClick={() => setMaking(true)}>{text('make')}</Button>
  return (
    <Page title={text('policies')} description={text('policies.description')} actions={make}>
      <QueryState query={query}>
        <Table<Policy>
          label={text('policies')}
          rows={query.data?.pages.flatMap((page) => page.policies) ?? []}
          rowKey={({ id }) => id}
          empty={
            <EmptyState icon={IconGavel} title={text('none')} action={make}>
              {text('none_hint')}
            </EmptyState>
          }
          columns={[
            {
              id: 'name',
              header: text('name'),
              accessorKey: 'policy_name',
              cell: ({ row: { original } }) => (
                <Link to="/policies/$id" params={{ id: original.id }}>
                  {original.policy_name}
                </Link>
              ),
            },
            { id: 'type', header: text('type'), accessorKey: 'policy_type' },
            { id: 'version', header: text('version'), accessorKey: 'version' },
            {
              id: 'state',
              header: text('state'),
              accessorKey: 'state',
              cell: ({ row: { original } }) => (
                <Badge color={STATE_COLOURS[original.state]}>{text(`state.${original.state}`)}</Badge>
              ),
            },
            {
              id: 'counts',
              header: text('counts'),
              accessorFn: ({ current_version }) =>
                current_version === null ? '—' : text('counts.version', { version: current_version }),
            },
            { id: 'mode', header: text('mode'), accessorKey: 'enforcement_mode' },
            {
              id: 'changed',
              header: text('changed'),
              accessorKey: 'updated_at',
              cell: ({ row }) => <Moment at={row.original.updated_at} />,
            },
          ]}
        />
      </QueryState>
      <More query={query} />
      <MakePolicy opened={isMaking} onClose={() => setMaking(false)} />
    </Page>
  )
}

function MakePolicy({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const text = useText<typeof PolicyTexts>('policies')
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [type, setType] = useState<(typeof TYPES)[number]>('Access')
  const [about, setAbout] = useState('')
  return (
    <FormModal
      opened={opened}
      onClose={onClose}
      title={text('make')}
      verb={text('make')}
      onSubmit={async () => {
        const description = about.trim()
        const made = await probity.createPolicy({
          policy_name: name.trim(),
          policy_type: type,
          policy_rules: type === 'Access' ? { cedar: FIRST_RULES } : {},
          ...(description !== '' && { description }),
        })
        await queries.invalidateQueries({ queryKey: ['policies'] })
        await navigate({ to: '/policies/$id', params: { id: made.id } })
      }}
    >
      <TextInput
        label={text('name')}
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label={text('type')}
        description={text(type === 'Access' ? 'type.enforced' : 'unenforced', { type })}
        data={TYPES.map((value) => ({ value, label: value === 'Access' ? value : text('type.kept', { type: value }) }))}
        value={type}
        onChange={(chosen) => setType(TYPES.find((one) => one === chosen) ?? 'Access')}
        allowDeselect={false}
      />
      <Textarea
        label={text('about')}
        autosize
        minRows={2}
        value={about}
        onChange={(event) => setAbout(event.currentTarget.value)}
      />
    </FormModal>
  )
}
