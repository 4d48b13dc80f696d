import { ActionIcon, Code, CopyButton, Group, Text, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import type AppTexts from '../app/messages.en.json'
import { useText } from '../platform/text.tsx'

/** A text that is there to be copied; `label` says of what. */
export function CopyField({ label, value, block = false }: { label: string; value: string; block?: boolean }) {
  const text = useText<typeof AppTexts>('app')
  return (
    <div>
      <Text size="sm" fw={500} mb={4}>
        {label}
      </Text>
      <Group gap={6} wrap="nowrap" align="flex-start">
        <Code
          block={block}
          style={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere', whiteSpace: block ? 'pre-wrap' : undefined }}
        >
          {value}
        </Code>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? text('copied') : text('copy')}>
              <ActionIcon variant="default" size="md" onClick={copy} aria-label={text('copy_what', { what: label })}>
                {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </Group>
    </div>
  )
}
