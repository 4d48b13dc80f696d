import { Alert, Badge, Button, Checkbox, Stack, Text, Textarea, TextInput } from '@mantine/core'
import type { Erased, ErasureRequest } from '@probity/contract'
import { IconEraser } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Amount } from '../components/amount.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { Moment } from '../components/moment.tsx'
import { More } from '../components/more.tsx'
import { Page } from '../components/page.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { probity, queries } from '../platform/client.ts'
import { save } from '../platform/download.ts'
import { pagesOf } from '../platform/lists.ts'
import { useText } from '../platform/text.tsx'
import type PrivacyTexts from './messages.en.json'

const erasuresQuery = pagesOf(['privacy', 'erasures'], (page) => probity.erasures(page))
const COLOURS = { Pending: 'gray', InProgress: 'blue', Completed: 'green', Failed: 'red' } as const

/** People who were erased, each with the certificate that proves it. */
export function ErasuresPage() {
  const text = useText<typeof PrivacyTexts>('privacy')
  const query = useInfiniteQuery(erasuresQuery)
  const [isErasing, setErasing] = useState(false)
  const [done, setDone] = useState<Erased | null>(null)
  const erase = (
    <Button color="red" leftSection={<IconEraser size={15} />} onClick={() => setErasing(true)}>
      {text('erase')}
    </Button>
  )
  return (
    <Page title={text('erasures')} description={text('erasures.description')} actions={erase}>
      <Stack>
        {done !== null && (
          <Alert color="green" role="status" title={text('erased', { count: done.affected_data_count })}>
            {text('erased.until')} <Moment at={done.unrecoverable_after} exact />
          </Alert>
        )}
        <QueryState query={query}>
          <Table<ErasureRequest>
            label={text('erasures')}
            rows={query.data?.pages.flatMap((page) => page.erasures) ?? []}
            rowKey={({ id }) => id}
            empty={
              <EmptyState icon={IconEraser} title={text('erasures.none')}>
                {text('erasures.none_hint')}
              </EmptyState>
            }
            columns={[
              {
                id: 'when',
                header: text('when'),
                accessorKey: 'request_date',
                cell: ({ row }) => <Moment at={row.original.request_date} />,
              },
              {
                id: 'subject',
                header: text('subject'),
                accessorKey: 'subject_id',
                cell: ({ row }) => <span className="mono">{row.original.subject_id}</span>,
              },
              { id: 'basis', header: text('basis'), accessorKey: 'legal_basis' },
              {
                id: 'state',
                header: text('state'),
                accessorKey: 'status',
                cell: ({ row: { original } }) => (
                  <Badge color={COLOURS[original.status]}>{text(`state.${original.status}`)}</Badge>
                ),
              },
              {
                id: 'parts',
                header: text('parts'),
                accessorKey: 'affected_data_count',
                cell: ({ row }) => <Amount of={row.original.affected_data_count} />,
              },
              {
                id: 'gone',
                header: text('gone'),
                accessorFn: ({ unrecoverable_after }) => unrecoverable_after ?? '',
                cell: ({ row: { original } }) =>
                  original.unrecoverable_after === null ? '—' : <Moment at={original.unrecoverable_after} />,
              },
              {
                id: 'certificate',
                header: text('certificate'),
                cell: ({ row: { original } }) => {
                  const { proof_of_erasure } = original
                  if (proof_of_erasure === null) return '—'
                  return (
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      onClick={() => save(`${original.id}.certificate`, proof_of_erasure)}
                    >
                      {text('download')}
                    </Button>
                  )
                },
              },
            ]}
          />
        </QueryState>
        <More query={query} />
      </Stack>
      <Erase opened={isErasing} onClose={() => setErasing(false)} onDone={setDone} />
    </Page>
  )
}

function Erase({ opened, onClose, onDone }: { opened: boolean; onClose(): void; onDone(done: Erased): void }) {
  const text = useText<typeof PrivacyTexts>('privacy')
  const [who, setWho] = useState('')
  const [again, setAgain] = useState('')
  const [basis, setBasis] = useState('GDPR Art. 17(1)')
  const [all, setAll] = useState(false)
  return (
    <FormModal
      opened={opened}
      onClose={onClose}
      title={text('erase.title')}
      verb={text('erase')}
      isDangerous
      onSubmit={async () => {
        if (who.trim() !== again.trim()) throw new Error(text('erase.differs'))
        onDone(await probity.erase(who.trim(), { legal_basis: basis, all }))
        setWho('')
        setAgain('')
        await queries.invalidateQueries()
      }}
    >
      <Text>{text('erase.hint')}</Text>
      <TextInput
        label={text('erase.who')}
        description={text('erase.who_hint')}
        required
        data-autofocus
        autoComplete="off"
        value={who}
        onChange={(event) => setWho(event.currentTarget.value)}
      />
      <TextInput
        label={text('erase.again')}
        required
        autoComplete="off"
        value={again}
        onChange={(event) => setAgain(event.currentTarget.value)}
      />
      <Textarea
        label={text('basis')}
        required
        autosize
        value={basis}
        onChange={(event) => setBasis(event.currentTarget.value)}
      />
      <Checkbox label={text('erase.all')} checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
    </FormModal>
  )
}
