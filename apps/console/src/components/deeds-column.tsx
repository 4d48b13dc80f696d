import type { RowData } from '@tanstack/react-table'
import type { ReactNode } from 'react'
import type AppTexts from '../app/messages.en.json'
import { useText } from '../platform/text.tsx'
import { type Column, DEEDS } from './table.tsx'

/** The column of what can be done with a row: its heading is for who hears the page alone. */
export function deedsColumn<Row extends RowData>(deedsOf: (row: Row) => ReactNode): Column<Row> {
  return { id: DEEDS, header: () => <Heading />, cell: ({ row }) => deedsOf(row.original) }
}

function Heading() {
  const text = useText<typeof AppTexts>('app')
  return <span className="visually-hidden">{text('actions')}</span>
}
