import { Box, Text } from '@mantine/core'
import type { PolicyVersion } from '@probity/contract'
import { useLocale, useText } from '../platform/text.tsx'
import { exactTime } from '../platform/time.ts'
import { type DifferingLine, lineDifferences } from './line-differences.ts'
import type PolicyTexts from './messages.en.json'
import { textOf } from './rules-text.ts'

const COLOURS = { '+': 'green', '−': 'red', ' ': 'dimmed' } as const

interface RulesDifferenceProps {
  /** The version that counts now; null: none does. */
  before: PolicyVersion | null
  after: PolicyVersion
  isAccess: boolean
}

/** A version against the one that counts, line by line: its rules, and how and from when they count. */
export function RulesDifference({ before, after, isAccess }: RulesDifferenceProps) {
  const text = useText<typeof PolicyTexts>('policies')
  const termsOf = useTerms()
  const rulesOf = (version: PolicyVersion) => textOf(version, isAccess).trimEnd().split('\n')
  const terms = lineDifferences(before === null ? [] : termsOf(before), termsOf(after))
  const rules = lineDifferences(before === null ? [] : rulesOf(before), rulesOf(after))
  const label = before === null ? text('difference.all') : text('difference', { version: before.version })
  return (
    <div>
      <Text fw={500}>{label}</Text>
      <Box role="region" aria-label={label} tabIndex={0} mah={320} style={{ overflow: 'auto' }}>
        <Lines of={terms.filter(({ sign }) => sign !== ' ')} />
        <Lines of={rules} />
      </Box>
    </div>
  )
}

function Lines({ of }: { of: readonly DifferingLine[] }) {
  return of.map(({ sign, line }, at) => (
    <Text
      key={`${String(at)} ${sign} ${line}`}
      size="sm"
      className="mono"
      c={COLOURS[sign]}
      style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
    >
      {sign} {line}
    </Text>
  ))
}

/** How and when a version counts, in lines. */
function useTerms(): (version: PolicyVersion) => string[] {
  const text = useText<typeof PolicyTexts>('policies')
  const { locale } = useLocale()
  return ({ enforcement_mode, is_active, effective_date, expiration_date }) => [
    text('term.mode', { mode: enforcement_mode }),
    text(is_active ? 'term.on' : 'term.off'),
    ...(effective_date !== null && Date.parse(effective_date) > Date.now()
      ? [text('term.from', { at: exactTime(new Date(effective_date), locale) })]
      : []),
    ...(expiration_date === null ? [] : [text('term.until', { at: exactTime(new Date(expiration_date), locale) })]),
  ]
}
