import { Badge, Button, Modal, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core'
import type { Scope } from '@probity/contract'
import type { TokenInfo } from '@probity/sdk'
import { IconTicket } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { CopyField } from '../components/copy-field.tsx'
import { Deeds } from '../components/deeds.tsx'
import { deedsColumn } from '../components/deeds-column.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { Moment } from '../components/moment.tsx'
import { More } from '../components/more.tsx'
import { Page } from '../components/page.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useMay } from '../identity/me.ts'
import { ScopeSelect } from '../identity/scope-select.tsx'
import { probity, queries } from '../platform/client.ts'
import { pagesOf } from '../platform/lists.ts'
import { useText } from '../platform/text.tsx'
import type OperationsTexts from './messages.en.json'

const tokensQuery = pagesOf(['operations', 'tokens'], (page) => probity.tokens(page))
const changed = () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey })

/** Tokens of programs; each is shown once, when it is made. */
export function TokensPage() {
  const text = useText<typeof OperationsTexts>('operations')
  const may = useMay()
  const query = useInfiniteQuery(tokensQuery)
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  const make = may('token:write') && <Button onClick={() => setMaking(true)}>{text('tokens.make')}</Button>
  return (
    <Page title={text('tokens')} description={text('tokens.description')} actions={make}>
      {error !== null && <FailureNotice error={error} />}
      <QueryState query={query}>
        <Table<TokenInfo>
          label={text('tokens')}
          rows={query.data?.pages.flatMap((page) => page.tokens) ?? []}
          rowKey={({ id }) => id}
          empty={
            <EmptyState icon={IconTicket} title={text('tokens.none')} action={make}>
              {text('tokens.none_hint')}
            </EmptyState>
          }
          columns={[
            { id: 'name', header: text('name'), accessorKey: 'name' },
            {
              id: 'scopes',
              header: text('tokens.scopes'),
              accessorFn: ({ scopes }) => scopes.join(' '),
              cell: ({ row: { original } }) => (
                <span title={original.scopes.join(', ')}>
                  {original.scopes.slice(0, 3).map((scope) => (
                    <Badge key={scope} mr={4}>
                      {scope}
                    </Badge>
                  ))}
                  {original.scopes.length > 3 && `+${original.scopes.length - 3}`}
                </span>
              ),
            },
            {
              id: 'state',
              header: text('state'),
              accessorFn: stateOf,
              cell: ({ row: { original } }) => (
                <Badge color={COLOURS[stateOf(original)]}>{text(`tokens.${stateOf(original)}`)}</Badge>
              ),
            },
            {
              id: 'used',
              header: text('tokens.used'),
              accessorFn: ({ last_used_at }) => last_used_at ?? '',
              cell: ({ row: { original } }) =>
                original.last_used_at === null ? text('never') : <Moment at={original.last_used_at} />,
            },
            {
              id: 'ends',
              header: text('tokens.ends'),
              accessorFn: ({ expires_at }) => expires_at ?? '',
              cell: ({ row: { original } }) =>
                original.expires_at === null ? text('never') : <Moment at={original.expires_at} />,
            },
            deedsColumn((original) =>
              may('token:write') && stateOf(original) === 'good' ? (
                <Deeds
                  size="compact-sm"
                  deeds={[
                    {
                      label: text('tokens.revoke'),
                      isDangerous: true,
                      confirm: {
                        title: text('tokens.revoke_title', { name: original.name }),
                        hint: text('tokens.revoke_hint'),
                      },
                      run: () => probity.revokeToken(original.id),
                    },
                  ]}
                  onDone={changed}
                  onError={setError}
                />
              ) : null,
            ),
          ]}
        />
      </QueryState>
      <More query={query} />
      <MakeToken opened={isMaking} onClose={() => setMaking(false)} onMade={setMade} />
      <Modal
        opened={made !== null}
        onClose={() => setMade(null)}
        title={text('tokens.made')}
        centered
        closeButtonProps={{ 'aria-label': text('close') }}
      >
        <Stack>
          <Text>{text('tokens.once')}</Text>
          <CopyField label={text('tokens.token')} value={made ?? ''} />
          <Button onClick={() => setMade(null)}>{text('tokens.kept')}</Button>
        </Stack>
      </Modal>
    </Page>
  )
}

const COLOURS = { good: 'green', ended: 'gray', revoked: 'red' } as const

function stateOf({ revoked_at, expires_at }: TokenInfo): keyof typeof COLOURS {
  if (revoked_at !== null) return 'revoked'
  return expires_at !== null && Date.parse(expires_at) < Date.now() ? 'ended' : 'good'
}

function MakeToken({ opened, onClose, onMade }: { opened: boolean; onClose(): void; onMade(token: string): void }) {
  const text = useText<typeof OperationsTexts>('operations')
  const may = useMay()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<Scope[]>(['audit:write'])
  const [days, setDays] = useState<number | string>(90)
  const [account, setAccount] = useState<string | null>(null)
  const accounts = useQuery({
    queryKey: ['people', 'service-accounts'],
    queryFn: () => probity.serviceAccounts(),
    enabled: opened && may('service_account:read'),
  })
  return (
    <FormModal
      opened={opened}
      onClose={onClose}
      title={text('tokens.make')}
      verb={text('tokens.make')}
      onSubmit={async () => {
        const ends = typeof days === 'number' ? { expires_in_days: days } : {}
        const { token } = await probity.createToken({
          name,
          scopes,
          ...ends,
          ...(account !== null && { service_account_id: account }),
        })
        onMade(token)
        setName('')
        await changed()
      }}
    >
      <TextInput
        label={text('name')}
        description={text('tokens.name_hint')}
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <ScopeSelect label={text('tokens.scopes')} value={scopes} onChange={setScopes} />
      <NumberInput
        label={text('tokens.days')}
        description={text('tokens.days_hint')}
        min={1}
        max={3650}
        value={days}
        onChange={setDays}
      />
      <Select
        label={text('tokens.account')}
        description={text('tokens.account_hint')}
        clearable
        clearButtonProps={{ 'aria-label': text('tokens.account_none') }}
        data={accounts.data?.service_accounts.map(({ id, name: called }) => ({ value: id, label: called })) ?? []}
        value={account}
        onChange={setAccount}
      />
    </FormModal>
  )
}
