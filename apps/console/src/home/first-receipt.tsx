import { Alert, Button, Group, Skeleton, Stack, Text, Textarea } from '@mantine/core'
import type { AuditEvent } from '@probity/contract'
import type { Result } from '@probity/sdk/verify'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { probity } from '../platform/client.ts'
import { save } from '../platform/download.ts'
import { useText } from '../platform/text.tsx'
import type HomeTexts from './messages.en.json'

/** The receipt of an event, verified in this browser; whoever changes a byte of it sees what comes of that. */
export function FirstReceipt({ event, onNext }: { event: AuditEvent; onNext(): void }) {
  const text = useText<typeof HomeTexts>('home')
  const query = useQuery({
    queryKey: ['receipt', event.id],
    queryFn: async () => {
      const [receipt, { keys }] = await Promise.all([probity.receipt(event.id), probity.key()])
      return { receipt, keys }
    },
    staleTime: Number.POSITIVE_INFINITY, // a receipt is good for ever
  })
  const [leaf, setLeaf] = useState<string | null>(null)
  const [result, setResult] = useState<Result | null>(null)
  const receipt =
    query.data === undefined ? null : leaf === null ? query.data.receipt : withLeaf(query.data.receipt, leaf)
  useEffect(() => {
    if (receipt === null || query.data === undefined) return
    const { keys } = query.data
    void import('@probity/sdk/verify').then(({ verifyReceipt }) => setResult(verifyReceipt(receipt, keys)))
  }, [receipt, query.data])
  if (query.error) return <FailureNotice error={query.error} retry={() => void query.refetch()} />
  if (query.data === undefined || result === null || receipt === null) return <Skeleton height={240} mt="md" />
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
        value={leaf ?? leafOf(query.data.receipt)}
        onChange={(change) => setLeaf(change.currentTarget.value)}
      />
      <Group>
        <Button onClick={onNext}>{text('receipt.next')}</Button>
        <Button variant="default" onClick={() => save(`${event.id}.tlog-proof`, receipt)}>
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

const EXTRA = /^extra (.*)$/m

/** The text of the entry in a receipt (formats §5). */
function leafOf(receipt: string): string {
  const bytes = Uint8Array.from(atob(EXTRA.exec(receipt)?.[1] ?? ''), (letter) => letter.charCodeAt(0))
  return new TextDecoder().decode(bytes)
}

function withLeaf(receipt: string, leaf: string): string {
  const letters = Array.from(new TextEncoder().encode(leaf), (byte) => String.fromCharCode(byte)).join('')
  return receipt.replace(EXTRA, `extra ${btoa(letters)}`)
}
