import { Card, Title } from '@mantine/core'
import type { AuditEvent } from '@probity/contract'
import { useText } from '../platform/text.tsx'
import type AuditTexts from './messages.en.json'

interface Change {
  member: string
  before: string | null
  after: string | null
}

/** What an entry says was changed: by members `before` and `after` of its data. */
export function changesOf({ event_data, metadata }: AuditEvent): Change[] {
  for (const data of [event_data, metadata]) {
    const { before, after } = data
    if (isObject(before) || isObject(after))
      return differences(isObject(before) ? before : {}, isObject(after) ? after : {})
  }
  return []
}

/** Both sides of what was changed, member by member. */
export function Changes({ changes }: { changes: Change[] }) {
  const text = useText<typeof AuditTexts>('audit')
  return (
    <Card>
      <Title order={2} mb="xs">
        {text('changes')}
      </Title>
      <div className="table-frame">
        <table>
          <thead>
            <tr>
              <th scope="col">{text('changes.member')}</th>
              <th scope="col">{text('changes.before')}</th>
              <th scope="col">{text('changes.after')}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(({ member, before, after }) => (
              <tr key={member}>
                <th scope="row">{member}</th>
                <td className="mono">{before === null ? '—' : <del>{before}</del>}</td>
                <td className="mono">{after === null ? '—' : <ins>{after}</ins>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}

function differences(before: Record<string, unknown>, after: Record<string, unknown>): Change[] {
  const members = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return members
    .map((member) => ({ member, before: shown(before[member]), after: shown(after[member]) }))
    .filter((change) => change.before !== change.after)
}

function shown(value: unknown): string | null {
  if (value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
