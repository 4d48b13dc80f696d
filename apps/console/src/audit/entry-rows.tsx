import { Badge } from '@mantine/core'
import type { AuditEvent } from '@probity/contract'
import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import { Moment } from '../components/moment.tsx'
import { useText } from '../platform/text.tsx'
import type AuditTexts from './messages.en.json'
import './entry-rows.css'

/** Pixels. A browser's pages are 33 million of them high at most: that is a million rows. */
const ROW = 33
export const MOST_ROWS = 1_000_000
/** The same wherever an outcome is shown. */
export const OUTCOME_COLOURS = { Success: 'green', Failure: 'red', Warning: 'orange', Information: 'gray' } as const

interface EntryRowsProps {
  count: number
  /** What stands in a row; undefined: it is on its way. */
  rowAt(row: number): AuditEvent | undefined
  /** Told which rows are seen. */
  onSeen(first: number, last: number): void
}

// biome-ignore-start lint/a11y/useSemanticElements: elements of a table can't be placed one by one, as rows have to be of which only those seen exist.
// biome-ignore-start lint/a11y/useFocusableInteractive: these rows are read, and not worked with.
// biome-ignore-start lint/a11y/noNoninteractiveTabindex: what can be scrolled has to be reached by keyboard (WCAG 2.2, 2.1.1).
/** Rows of a table of any length, of which those that are seen are drawn. */
export function EntryRows({ count, rowAt, onSeen }: EntryRowsProps) {
  const text = useText<typeof AuditTexts>('audit')
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: Math.min(count, MOST_ROWS),
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    onChange: ({ range }) => range && onSeen(range.startIndex, range.endIndex),
  })
  return (
    <div
      ref={scroller}
      className="table-frame entry-rows"
      role="table"
      aria-label={text('title')}
      aria-rowcount={count}
      tabIndex={0}
    >
      <div role="rowgroup" className="entry-head">
        <div role="row" className="entry-row">
          {(['when', 'event_type', 'who', 'action', 'resource', 'outcome', 'risk'] as const).map((name) => (
            <span key={name} role="columnheader">
              {text(`column.${name}`)}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const event = rowAt(index)
          return (
            <div
              key={index}
              role="row"
              aria-rowindex={index + 2}
              className="entry-row"
              style={{ position: 'absolute', insetInline: 0, height: ROW, transform: `translateY(${start}px)` }}
            >
              {event === undefined ? <span role="cell" className="entry-waiting" /> : <EntryCells event={event} />}
            </div>
          )
        })}
      </div>
    </div>
  )
}

function EntryCells({ event }: { event: AuditEvent }) {
  const text = useText<typeof AuditTexts>('audit')
  return (
    <>
      <span role="cell">
        <Moment at={event.received_at} />
      </span>
      <span role="cell">
        <Link to="/audit/$id" params={{ id: event.id }} hash={true}>
          {event.event_type}
        </Link>
      </span>
      <span role="cell" className="mono" title={event.user_id ?? ''}>
        {event.user_id ?? '—'}
      </span>
      <span role="cell">{event.action ?? '—'}</span>
      <span role="cell" className="mono" title={event.resource ?? ''}>
        {event.resource ?? '—'}
      </span>
      <span role="cell">
        <Badge color={OUTCOME_COLOURS[event.outcome]}>{text(`outcome.${event.outcome}`)}</Badge>
      </span>
      <span role="cell" className="number">
        {event.risk_score ?? '—'}
      </span>
    </>
  )
}
// biome-ignore-end lint/a11y/useSemanticElements: to here
// biome-ignore-end lint/a11y/useFocusableInteractive: to here
// biome-ignore-end lint/a11y/noNoninteractiveTabindex: to here
