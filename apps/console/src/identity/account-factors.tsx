import {
  Badge,
  Button,
  Card,
  Code,
  Group,
  Image,
  Modal,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import type { FactorList, FactorSetUp } from '@probity/contract'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { Confirm } from '../components/confirm.tsx'
import { CopyField } from '../components/copy-field.tsx'
import { deedsColumn } from '../components/deeds-column.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Moment } from '../components/moment.tsx'
import { Table } from '../components/table.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { meQuery } from './me.ts'
import type IdentityTexts from './messages.en.json'
import { addPasskey } from './passkey.ts'
import { IS_WITHOUT_NAME, PasskeyPlace } from './passkey-place.tsx'

const accountRoute = getRouteApi('/inside/account')

type Factor = FactorList['factors'][number]

/** Second factors and passkeys; backup codes are shown once, when they are made. */
export function AccountFactors() {
  const text = useText<typeof IdentityTexts>('identity')
  const router = useRouter()
  const { factors } = accountRoute.useLoaderData()
  const { error, attempt } = useAttempt()
  const [setUp, setSetUp] = useState<FactorSetUp | null>(null)
  const [codes, setCodes] = useState<string[]>([])
  const [removed, setRemoved] = useState<Factor | null>(null)
  const changed = () => Promise.all([router.invalidate(), queries.invalidateQueries(meQuery)])
  const change = (work: () => Promise<unknown>) =>
    attempt(async () => {
      await work()
      await changed()
    })
  const nameOf = ({ kind, name }: { kind: 'totp' | 'email' | 'sms' | 'passkey'; name: string | null }) =>
    name ?? text(`factors.${kind}`)
  return (
    <Card>
      <Stack>
        <Group justify="space-between">
          <Title order={2}>{text('factors.title')}</Title>
          <Group gap="xs">
            <Button variant="default" disabled={IS_WITHOUT_NAME} onClick={() => void change(() => addPasskey(''))}>
              {text('factors.add_passkey')}
            </Button>
            <Button
              variant="default"
              onClick={() => void change(async () => setSetUp(await probity.setUpFactor({ method: 'totp' })))}
            >
              {text('factors.add_totp')}
            </Button>
          </Group>
        </Group>
        <PasskeyPlace />
        {error !== null && <FailureNotice error={error} />}
        <Table<Factor>
          label={text('factors.title')}
          rows={factors.factors}
          rowKey={({ id }) => id}
          empty={
            <Text p="md" c="dimmed">
              {text('factors.none')}
            </Text>
          }
          columns={[
            {
              id: 'name',
              header: text('factors.factor'),
              accessorFn: nameOf,
              cell: ({ row }) => (
                <>
                  <span>{nameOf(row.original)}</span>
                  {row.original.name !== null && <Badge ml={6}>{text(`factors.${row.original.kind}`)}</Badge>}
                </>
              ),
            },
            {
              id: 'created',
              header: text('factors.since'),
              accessorKey: 'created_at',
              cell: ({ row }) => <Moment at={row.original.created_at} />,
            },
            {
              id: 'used',
              header: text('factors.used'),
              accessorFn: ({ last_used_at }) => last_used_at ?? '',
              cell: ({ row }) =>
                row.original.last_used_at === null ? text('never') : <Moment at={row.original.last_used_at} />,
            },
            deedsColumn((row) => (
              <Button
                size="compact-sm"
                variant="subtle"
                color="red"
                onClick={() => setRemoved(row)}
                aria-label={text('factors.remove_what', { name: nameOf(row) })}
              >
                {text('remove')}
              </Button>
            )),
          ]}
        />
        <Group justify="space-between">
          <Text c="dimmed">{text('factors.codes_left', { count: factors.backup_codes_left })}</Text>
          <Button
            size="compact-sm"
            variant="subtle"
            onClick={() => void change(async () => setCodes((await probity.newBackupCodes()).backup_codes))}
          >
            {text('factors.new_codes')}
          </Button>
        </Group>
      </Stack>
      <SetUpTotp
        setUp={setUp}
        onClose={() => setSetUp(null)}
        onDone={(made) => {
          setSetUp(null)
          setCodes(made)
          void changed()
        }}
      />
      <BackupCodes codes={codes} onClose={() => setCodes([])} />
      <Confirm
        opened={removed !== null}
        onClose={() => setRemoved(null)}
        title={text('factors.remove_what', { name: removed === null ? '' : nameOf(removed) })}
        verb={text('remove')}
        onConfirm={async () => {
          if (removed === null) return
          await probity.removeFactor(removed.id)
          await changed()
        }}
      >
        {text('factors.remove_hint')}
      </Confirm>
    </Card>
  )
}

function SetUpTotp({
  setUp,
  onClose,
  onDone,
}: {
  setUp: FactorSetUp | null
  onClose(): void
  onDone(codes: string[]): void
}) {
  const text = useText<typeof IdentityTexts>('identity')
  const [code, setCode] = useState('')
  const { error, attempt } = useAttempt()
  const confirm = async () => {
    if (setUp === null) return
    await attempt(async () => {
      const { backup_codes } = await probity.confirmFactor({ factor_id: setUp.factor_id, code: code.trim() })
      setCode('')
      onDone(backup_codes)
    })
  }
  return (
    <Modal
      opened={setUp !== null}
      onClose={onClose}
      title={text('factors.add_totp')}
      centered
      closeButtonProps={{ 'aria-label': text('cancel') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void confirm()
        }}
      >
        <Stack>
          <Text>{text('factors.scan')}</Text>
          {setUp?.qr_code != null && (
            <Image
              src={URL.createObjectURL(new Blob([setUp.qr_code], { type: 'image/svg+xml' }))}
              alt={text('factors.qr')}
              w={200}
              mx="auto"
              bg="white"
              p={8}
            />
          )}
          {setUp?.setup_key != null && <CopyField label={text('factors.key')} value={setUp.setup_key} />}
          <TextInput
            label={text('factor.code')}
            autoComplete="one-time-code"
            required
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          {error !== null && <FailureNotice error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text('cancel')}
            </Button>
            <Button type="submit">{text('factors.confirm')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function BackupCodes({ codes, onClose }: { codes: string[]; onClose(): void }) {
  const text = useText<typeof IdentityTexts>('identity')
  return (
    <Modal
      opened={codes.length > 0}
      onClose={onClose}
      title={text('factors.codes')}
      centered
      closeButtonProps={{ 'aria-label': text('cancel') }}
    >
      <Stack>
        <Text>{text('factors.codes_hint')}</Text>
        <SimpleGrid cols={2}>
          {codes.map((code) => (
            <Code key={code} block>
              {code}
            </Code>
          ))}
        </SimpleGrid>
        <Button onClick={onClose}>{text('factors.codes_kept')}</Button>
      </Stack>
    </Modal>
  )
}
