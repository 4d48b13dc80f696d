import { Alert, Button, Group, Skeleton, Stack, Text, Textarea } from '@mantine/core'
import type { AuditEvent } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { receiptQuery } from '../audit/queries.ts'
import { FailureNotice } from '../components/failure-notice.tsx'
import { save } from '../platform/download.ts'
import { useText } from '../platform/text.tsx'
import type OverviewTexts from './messages.en.json'

/** The receipt of an event, verified in this browser; whoever changes a byte of it sees what comes of that. */
export function FirstReceipt({ event, onNext }: { event: AuditEvent; onNext(): void }) {
  const text = useText<typeof OverviewTexts>('overview')
  const query = useQuery(receiptQuery(event.id))
  const [leaf, setLeaf] = useState<string | null>(null)
  if (query.error) return <FailureNotice error={query.error} retry={() => void query.refetch()} />
  if (query.data === undefined) return <Skeleton height={240} mt="md" />
  const { verifier, keys } = query.data
  const receipt = leaf === null ? query.data.receipt : verifier.withLeaf(query.data.receipt, leaf)
  const result = verifier.verifyReceipt(receipt, keys)
  return (
    <Stack pt="md">
      <Text>{text('receipt.what')}</Text>
      <div role="status" aria-live="polite">
        {result.verified ? (
          <Alert color="green" variant="light" title={text('receipt.verified')}>
            {text('receipt.verified_how', { index: result.start, size: result.size })}
          </Alert>
        ) : (
          <Alert color="red" variant="light" title={text('receipt.refused')}>
            {result.message}
          </Alert>
        )}
      </div>
      <Textarea
        label={text('receipt.leaf')}
        description={text('receipt.change')}
        classNames={{ input: 'mono' }}
        autosize
        minRows={4}
        value={leaf ?? verifier.readReceipt(receipt).leaf}
        onChange={(change) => setLeaf(change.currentTarget.value)}
      />
      <Group>
        <Button onClick={onNext}>{text('receipt.next')}</Button>
        <Button variant="default" onClick={() => save(`${event.id}.tlog-proof`, query.data.receipt)}>
          {text('receipt.download')}
        </Button>
        {leaf !== null && (
          <Button variant="subtle" onClick={() => setLeaf(null)}>
            {text('receipt.restore')}
          </Button>
        )}
      </Group>
    </Stack>
  )
}
