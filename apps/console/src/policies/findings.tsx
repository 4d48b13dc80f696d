import { Badge, List, Text } from '@mantine/core'
import type { PolicyFinding } from '@probity/contract'
import { NamedText } from '../access/named-text.tsx'
import { useText } from '../platform/text.tsx'
import type PolicyTexts from './messages.en.json'

const GRAVEST_FIRST: readonly PolicyFinding['kind'][] = [
  'locks_out_everyone',
  'locks_out_author',
  'grants_more',
  'grants_less',
  'unknown_role',
  'erroring',
  'opens_at_expiry',
  'contradicts',
  'shadowed',
  'never_matches',
]
/** Kinds of which the server says more than their names do, in English. */
const TOLD: readonly PolicyFinding['kind'][] = ['unknown_role', 'erroring', 'shadowed']
const PLACE = /\bpolicy(\d+)\b/g

/** What was found of a version, the gravest first, in words. */
export function Findings({ findings }: { findings: readonly PolicyFinding[] }) {
  const text = useText<typeof PolicyTexts>('policies')
  const wordsOf = useWordsOfFinding()
  const placesOf = (said: string) =>
    [...said.matchAll(PLACE)].map(([, place]) => text('statement', { place: Number(place) + 1 })).join(', ')
  return (
    <List>
      {gravestFirst(findings).map((finding) => (
        <List.Item key={`${finding.kind} ${finding.statement ?? ''} ${finding.message}`}>
          {finding.is_warning && <Badge color="orange">{text('warning')}</Badge>} {wordsOf(finding)}
          {finding.statement !== null &&
            ` (${placesOf(finding.kind === 'contradicts' ? finding.message : finding.statement)})`}
          {TOLD.includes(finding.kind) && (
            <Text size="sm" c="dimmed" lang="en">
              <NamedText>
                {finding.message.replace(PLACE, (_, place) => `statement ${String(Number(place) + 1)}`)}
              </NamedText>
            </Text>
          )}
          {finding.example !== undefined && <Example of={finding.example} />}
        </List.Item>
      ))}
    </List>
  )
}

function Example({ of }: { of: NonNullable<PolicyFinding['example']> }) {
  const text = useText<typeof PolicyTexts>('policies')
  return (
    <Text size="sm">
      {text('example')}{' '}
      <span className="mono">
        <NamedText>{`${of.principal} ${of.action} ${of.resource}`}</NamedText>
      </span>
      : {text(`decided.${of.before}`)} → {text(`decided.${of.after}`)}
    </Text>
  )
}

export function gravestFirst(findings: readonly PolicyFinding[]): PolicyFinding[] {
  const rankOf = ({ kind, is_warning }: PolicyFinding) =>
    GRAVEST_FIRST.indexOf(kind) + (is_warning ? 0 : GRAVEST_FIRST.length)
  return [...findings].sort((a, b) => rankOf(a) - rankOf(b))
}

/** A finding in a sentence. That somebody is locked out follows from the rules themselves, or from what was decided of late. */
export function useWordsOfFinding(): (finding: PolicyFinding) => string {
  const text = useText<typeof PolicyTexts>('policies')
  return ({ kind, statement }) =>
    (kind === 'locks_out_everyone' || kind === 'locks_out_author') && statement === null
      ? text(`lately.${kind}`)
      : text(`finding.${kind}`)
}
