import { Alert, Button, FileButton, Group, Stack, Text, Textarea, Title } from '@mantine/core'
import type { Result } from '@probity/sdk/verify'
import { IconShieldCheck, IconShieldX, IconUpload } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { type DragEvent, useEffect, useState } from 'react'
import { Fields } from '../components/fields.tsx'
import { useText } from '../platform/text.tsx'
import type AuditTexts from './messages.en.json'

const KEYS = 'probity-trusted-keys'
const RECEIPT = /^c2sp\.org\/tlog-proof@v1/

interface Verdict {
  name: string
  result: Result
}

/** Verifies a receipt or an export that is dropped here. It stays in this browser, and no server is asked. */
export function VerifyPage() {
  const text = useText<typeof AuditTexts>('audit')
  const [keys, setKeys] = useState(() => localStorage.getItem(KEYS) ?? '')
  const [verdict, setVerdict] = useState<Verdict | null>(null)
  const [fault, setFault] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  useEffect(() => {
    document.title = `${text('verify')} · Probity`
  }, [text])
  const look = async (file: File | null) => {
    if (file === null) return
    setBusy(true)
    setFault(null)
    setVerdict(null)
    try {
      const trusted = keysIn(keys)
      if (trusted.length === 0) throw new Error(text('verify.no_key'))
      localStorage.setItem(KEYS, keys)
      setVerdict({ name: file.name, result: await verified(file, trusted) })
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    void look(event.dataTransfer.files[0] ?? null)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button within does the same.
    <div onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <Stack>
        <Title order={1}>{text('verify')}</Title>
        <Text c="dimmed">{text('verify.hint')}</Text>
        <Textarea
          label={text('verify.keys')}
          description={text('verify.keys_hint')}
          classNames={{ input: 'mono' }}
          autosize
          minRows={2}
          value={keys}
          onChange={(event) => setKeys(event.currentTarget.value)}
        />
        <FileButton onChange={(file) => void look(file)}>
          {(props) => (
            <Button
              {...props}
              variant="default"
              h={96}
              loading={isBusy}
              leftSection={<IconUpload size={18} />}
              style={{ borderStyle: 'dashed' }}
            >
              {text('verify.drop')}
            </Button>
          )}
        </FileButton>
        <div role="status" aria-live="polite">
          {fault !== null && (
            <Alert color="red" variant="light" title={text('verify.unreadable')}>
              {fault}
            </Alert>
          )}
          {verdict !== null && <Shown verdict={verdict} />}
        </div>
        <Group justify="center">
          <Link to="/">{text('verify.home')}</Link>
        </Group>
      </Stack>
    </div>
  )
}

function Shown({ verdict: { name, result } }: { verdict: Verdict }) {
  const text = useText<typeof AuditTexts>('audit')
  if (!result.verified)
    return (
      <Alert color="red" variant="light" icon={<IconShieldX />} title={text('verify.refused', { name })}>
        {result.message}
        {result.index !== null && <div>{text('verify.first_bad', { index: result.index })}</div>}
      </Alert>
    )
  return (
    <Alert color="green" variant="light" icon={<IconShieldCheck />} title={text('verify.verified', { name })}>
      <Fields
        of={[
          [
            text('verify.log'),
            <span key="log" className="mono">
              {result.origin}
            </span>,
          ],
          [text('verify.entries'), String(result.entries)],
          [text('verify.size'), String(result.size)],
          [text('verify.anchored'), result.anchored?.at ?? null],
        ]}
      />
    </Alert>
  )
}

async function verified(file: File, keys: string[]): Promise<Result> {
  const { verifyExport, verifyReceipt } = await import('@probity/sdk/verify')
  const start = await file.slice(0, 64).text()
  return RECEIPT.test(start) ? verifyReceipt(await file.text(), keys) : verifyExport(file, keys)
}

/** Verifier keys, one a line. */
function keysIn(text: string): string[] {
  return text
    .split(/\s+/)
    .map((key) => key.trim())
    .filter((key) => key !== '')
}
