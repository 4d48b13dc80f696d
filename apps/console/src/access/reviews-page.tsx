import { Badge, Button, Checkbox, NumberInput, Progress, Select, TextInput } from '@mantine/core'
import type { AccessReview } from '@probity/contract'
import { IconChecklist } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
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
import type AccessTexts from './messages.en.json'
import { reviewsQuery, rolesQuery } from './queries.ts'

const DAY_MILLISECONDS = 86_400_000
const STATE_COLOURS = { open: 'blue', decided: 'green', ended: 'green', cancelled: 'gray' } as const

/** Campaigns in which somebody says of each grant whether it stays. */
export function ReviewsPage() {
  const text = useText<typeof AccessTexts>('access')
  const may = useMay()
  const query = useInfiniteQuery(reviewsQuery)
  const [isMaking, setMaking] = useState(false)
  const make = may('access_review:write') && <Button onClick={() => setMaking(true)}>{text('reviews.make')}</Button>
  return (
    <Page title={text('reviews')} description={text('reviews.description')} actions={make}>
      <QueryState query={query}>
        <Table<AccessReview>
          label={text('reviews')}
          rows={query.data?.pages.flatMap((page) => page.reviews) ?? []}
          rowKey={({ id }) => id}
          empty={
            <EmptyState icon={IconChecklist} title={text('reviews.none')} action={make}>
              {text('reviews.none_hint')}
            </EmptyState>
          }
          columns={[
            {
              id: 'name',
              header: text('name'),
              accessorKey: 'name',
              cell: ({ row: { original } }) => (
                <Link to="/reviews/$id" params={{ id: original.id }}>
                  {original.name}
                </Link>
              ),
            },
            {
              id: 'state',
              header: text('state'),
              accessorFn: stateOf,
              cell: ({ row: { original } }) => (
                <Badge color={STATE_COLOURS[stateOf(original)]}>{text(`reviews.${stateOf(original)}`)}</Badge>
              ),
            },
            {
              id: 'progress',
              header: text('reviews.progress'),
              accessorFn: shareDone,
              cell: ({ row: { original } }) => (
                <Progress value={100 * shareDone(original)} w={120} aria-label={text('reviews.progress')} />
              ),
            },
            { id: 'left', header: text('reviews.left'), accessorFn: ({ items }) => items.pending },
            {
              id: 'due',
              header: text('reviews.due'),
              accessorKey: 'due_at',
              cell: ({ row }) => <Moment at={row.original.due_at} />,
            },
          ]}
        />
      </QueryState>
      <More query={query} />
      <MakeReview opened={isMaking} onClose={() => setMaking(false)} />
    </Page>
  )
}

/** One in which nothing is left to decide waits for its end alone. */
function stateOf({ state, items }: AccessReview): keyof typeof STATE_COLOURS {
  return state === 'open' && items.pending === 0 ? 'decided' : state
}

function shareDone({ items }: AccessReview): number {
  const all = Object.values(items).reduce((sum, count) => sum + count, 0)
  return all === 0 ? 1 : (all - items.pending) / all
}

function MakeReview({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const text = useText<typeof AccessTexts>('access')
  const roles = useQuery({ ...rolesQuery, enabled: opened })
  const [name, setName] = useState('')
  const [role, setRole] = useState<string | null>(null)
  const [everything, setEverything] = useState(false)
  const [days, setDays] = useState<number | string>(14)
  const submit = async () => {
    const of = everything ? { everything: true as const } : { role_id: role ?? '' }
    await probity.createAccessReview({
      name: name.trim(),
      due_at: new Date(Date.now() + Number(days) * DAY_MILLISECONDS).toISOString(),
      ...of,
    })
    setName('')
    await queries.invalidateQueries({ queryKey: ['access'] })
  }
  return (
    <FormModal
      opened={opened}
      onClose={onClose}
      title={text('reviews.make')}
      verb={text('reviews.make')}
      onSubmit={submit}
    >
      <TextInput
        label={text('name')}
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {!everything && (
        <Select
          label={text('reviews.of_role')}
          required
          searchable
          data={roles.data?.roles.map((one) => ({ value: one.id, label: one.name })) ?? []}
          value={role}
          onChange={setRole}
        />
      )}
      <Checkbox
        label={text('reviews.everything')}
        description={text('reviews.everything_hint')}
        checked={everything}
        onChange={(event) => setEverything(event.currentTarget.checked)}
      />
      <NumberInput label={text('reviews.days')} min={1} max={365} value={days} onChange={setDays} />
    </FormModal>
  )
}
