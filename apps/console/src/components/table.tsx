import { Skeleton } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import {
  type ColumnDef,
  createSortedRowModel,
  type RowData,
  rowSortingFeature,
  type SortingState,
  sortFns,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { type ReactNode, useState } from 'react'

const FEATURES = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns })

/** The column that stays at the right edge, however a table is scrolled. */
export const DEEDS = 'deeds'

export type Column<Row extends RowData> = ColumnDef<typeof FEATURES, Row>

interface TableProps<Row extends RowData> {
  /** What the rows are, for who hears the page. */
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey(row: Row): string
  /** Shown in the place of no rows. */
  empty?: ReactNode
}

/** Rows that can be sorted; lists of the server come page by page and need no more. */
export function Table<Row extends RowData>({ label, columns, rows, rowKey, empty }: TableProps<Row>) {
  const [sorting, setSorting] = useState<SortingState>([])
  const table = useTable({
    features: FEATURES,
    columns,
    data: rows,
    getRowId: rowKey,
    state: { sorting },
    onSortingChange: setSorting,
  })
  if (rows.length === 0 && empty !== undefined) return <div className="table-frame">{empty}</div>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled has to be reached by keyboard (WCAG 2.2, 2.1.1).
    <section className="table-frame" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => {
                const sorted = header.column.getIsSorted()
                return (
                  <th
                    key={header.id}
                    scope="col"
                    {...(header.column.id === DEEDS && { className: 'deeds' })}
                    aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'}
                  >
                    {header.column.getCanSort() ? (
                      <button type="button" className="sort-button" onClick={header.column.getToggleSortingHandler()}>
                        <table.FlexRender header={header} />
                        {sorted === 'asc' && <IconArrowUp size={13} aria-hidden />}
                        {sorted === 'desc' && <IconArrowDown size={13} aria-hidden />}
                      </button>
                    ) : (
                      <table.FlexRender header={header} />
                    )}
                  </th>
                )
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id}>
              {row.getAllCells().map((cell) => (
                <td key={cell.id} {...(cell.column.id === DEEDS && { className: 'deeds' })}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** In the place of a table that is not there yet. */
export function TableSkeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div className="table-frame" aria-hidden>
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={String(i)} height={16} m={14} width={`${90 - ((i * 17) % 40)}%`} />
      ))}
    </div>
  )
}
