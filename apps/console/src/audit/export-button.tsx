import { Button, Group, Modal, Progress, Stack, Text } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import { Amount } from '../components/amount.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { useMay } from '../identity/me.ts'
import { probity } from '../platform/client.ts'
import { save } from '../platform/download.ts'
import { useText } from '../platform/text.tsx'
import { asked, type Filter } from './filter.ts'
import type AuditTexts from './messages.en.json'

const MEBIBYTE = 1_048_576

/** The log, or what an export can select of it, as a file that verifies without us. */
export function ExportButton({ filter }: { filter: Filter }) {
  const text = useText<typeof AuditTexts>('audit')
  const may = useMay()
  const [bytes, setBytes] = useState<number | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [given, setGiven] = useState<AbortController | null>(null)
  if (!may('audit_entry:export')) return null
  const isSelection = Object.keys(filter).length > 0
  const begin = async () => {
    const stop = new AbortController()
    setGiven(stop)
    setBytes(0)
    setError(null)
    try {
      const stream = await probity.export(asked(filter))
      const parts: Uint8Array<ArrayBuffer>[] = []
      const reader = stream.getReader()
      stop.signal.addEventListener('abort', () => void reader.cancel())
      let read = 0
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        parts.push(new Uint8Array(piece.value))
        read += piece.value.length
        setBytes(read)
      }
      if (!stop.signal.aborted) save(isSelection ? 'audit-selection.probity' : 'audit.probity', new Blob(parts))
      setBytes(null)
    } catch (refused) {
      setError(refused)
    }
  }
  const close = () => {
    given?.abort()
    setBytes(null)
    setError(null)
  }
  return (
    <>
      <Button leftSection={<IconDownload size={15} />} onClick={() => void begin()}>
        {text('export')}
      </Button>
      <Modal
        opened={bytes !== null}
        onClose={close}
        title={text('export.title')}
        centered
        closeButtonProps={{ 'aria-label': text('export.stop') }}
      >
        <Stack>
          <Text c="dimmed">{text(isSelection ? 'export.selection' : 'export.all')}</Text>
          {error === null ? (
            <>
              <Progress value={100} animated aria-label={text('export.title')} />
              <Text role="status">
                <Amount of={(bytes ?? 0) / MEBIBYTE} options={{ maximumFractionDigits: 1, minimumFractionDigits: 1 }} />{' '}
                MiB
              </Text>
            </>
          ) : (
            <FailureNotice error={error} retry={() => void begin()} />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {text('export.stop')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
