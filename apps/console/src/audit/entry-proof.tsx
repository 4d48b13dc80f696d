import { Alert, Button, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconDownload, IconShieldCheck, IconShieldX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { save } from '../platform/download.ts'
import { useText } from '../platform/text.tsx'
import type AuditTexts from './messages.en.json'
import { receiptQuery } from './queries.ts'

const ProofTree = lazy(() => import('./proof-tree.tsx').then(({ ProofTree }) => ({ default: ProofTree })))

/** The receipt of an entry, verified in this browser, and the way from the entry to the root that was signed. */
export function EntryProof({ id }: { id: string }) {
  const text = useText<typeof AuditTexts>('audit')
  const query = useQuery(receiptQuery(id))
  const [isTreeShown, setTreeShown] = useState(false)
  if (query.error) return <FailureNotice error={query.error} retry={() => void query.refetch()} />
  if (query.data === undefined) return <Skeleton height={160} />
  const { receipt, keys, verifier } = query.data
  const result = verifier.verifyReceipt(receipt, keys)
  const shown = verifier.readReceipt(receipt)
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('proof')}</Title>
          <Button
            variant="default"
            leftSection={<IconDownload size={15} />}
            onClick={() => save(`${id}.tlog-proof`, receipt)}
          >
            {text('proof.download')}
          </Button>
        </Group>
        {result.verified ? (
          <Alert color="green" variant="light" icon={<IconShieldCheck />} title={text('proof.verified')}>
            {text('proof.verified_how', { index: shown.index, size: shown.size, steps: shown.path.length })}
          </Alert>
        ) : (
          <Alert color="red" variant="light" icon={<IconShieldX />} title={text('proof.refused')}>
            {result.message}
          </Alert>
        )}
        <Text size="sm" className="mono">
          {shown.origin}
        </Text>
        <Group>
          <Button variant="subtle" aria-expanded={isTreeShown} onClick={() => setTreeShown(!isTreeShown)}>
            {text(isTreeShown ? 'proof.hide' : 'proof.show')}
          </Button>
        </Group>
        {isTreeShown && (
          <Suspense fallback={<Skeleton height={360} />}>
            <ProofTree receipt={shown} />
          </Suspense>
        )}
      </Stack>
    </Card>
  )
}
