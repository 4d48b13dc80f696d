import { Badge, Button, List, Stack, Text } from '@mantine/core'
import type { Verification } from '@probity/contract'
import { IconShieldCheck } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { EmptyState } from '../components/empty-state.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Moment } from '../components/moment.tsx'
import { More } from '../components/more.tsx'
import { Page } from '../components/page.tsx'
import { Table, TableSkeleton } from '../components/table.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { useMay } from '../identity/me.ts'
import { PersonName } from '../identity/person-name.tsx'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type AuditTexts from './messages.en.json'
import { verificationsQuery } from './queries.ts'

/** Each time that the server looked at its whole log, by night or because somebody asked. */
export function VerificationsPage() {
  const text = useText<typeof AuditTexts>('audit')
  const may = useMay()
  const query = useInfiniteQuery(verificationsQuery)
  const { error, isBusy, attempt } = useAttempt()
  const verify = () =>
    attempt(async () => {
      await probity.verify()
      await queries.invalidateQueries({ queryKey: verificationsQuery.queryKey })
    })
  const rows = query.data?.pages.flatMap((page) => page.verifications) ?? []
  return (
    <Page
      title={text('verifications')}
      description={text('verifications.description')}
      actions={
        may('audit_entry:verify') && (
          <Button loading={isBusy} onClick={() => void verify()}>
            {text('verifications.now')}
          </Button>
        )
      }
    >
      <Stack>
        {error !== null && <FailureNotice error={error} />}
        {query.error && <FailureNotice error={query.error} retry={() => void query.refetch()} />}
        {query.isPending ? (
          <TableSkeleton />
        ) : (
          <Table<Verification>
            label={text('verifications')}
            rows={rows}
            rowKey={({ id }) => id}
            empty={
              <EmptyState icon={IconShieldCheck} title={text('verifications.none')}>
                {text('verifications.none_hint')}
              </EmptyState>
            }
            columns={[
              {
                id: 'when',
                header: text('column.when'),
                accessorKey: 'verification_timestamp',
                cell: ({ row }) => <Moment at={row.original.verification_timestamp} />,
              },
              {
                id: 'range',
                header: text('verifications.range'),
                accessorKey: 'end_position',
                cell: ({ row: { original } }) => (
                  <span className="number">
                    {text('verifications.positions', { first: original.start_position, last: original.end_position })}
                  </span>
                ),
              },
              {
                id: 'by',
                header: text('verifications.by'),
                accessorFn: ({ verifier_id }) => verifier_id ?? '',
                cell: ({ row: { original } }) =>
                  original.verifier_id === null ? (
                    text('verifications.schedule')
                  ) : (
                    <PersonName id={original.verifier_id} />
                  ),
              },
              {
                id: 'result',
                header: text('verifications.result'),
                accessorKey: 'valid',
                cell: ({ row: { original } }) => <Result of={original} />,
              },
            ]}
          />
        )}
        <More query={query} />
      </Stack>
    </Page>
  )
}

function Result({ of: { valid, invalid_entries } }: { of: Verification }) {
  const text = useText<typeof AuditTexts>('audit')
  if (valid) return <Badge color="green">{text('verifications.held')}</Badge>
  return (
    <>
      <Badge color="red">{text('verifications.broken')}</Badge>
      <List size="sm">
        {invalid_entries.slice(0, 10).map(({ index, code, message }) => (
          <List.Item key={`${index} ${code}`}>
            <Text span>
              {index}: {message}
            </Text>
          </List.Item>
        ))}
      </List>
    </>
  )
}
