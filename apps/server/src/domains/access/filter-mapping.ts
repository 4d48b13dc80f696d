/** Where the attributes of resources stand in a table of an application: a row is a resource. NULL: there is no such attribute. */
export interface FilterMapping {
  /** What its columns are qualified by. */
  table?: string
  id: Column<'text' | 'uuid' | 'bigint'>
  attributes: Readonly<Record<string, AttributeColumn>>
  /** A column of type jsonb with all other attributes, as Cedar writes them in JSON; none: nothing is known of them. */
  rest?: string
  /** Ids of all entities of a type that a row is in, directly or not; of other types nothing is known. */
  within?: Readonly<Record<string, Column<'text' | 'uuid' | 'text[]'>>>
}

export interface Column<T extends ColumnType> {
  column: string
  type: T
}

/** Text has a deterministic collation, and an array no NULL in it. A time is a datetime, to the millisecond before it. */
export type ColumnType = 'text' | 'bigint' | 'boolean' | 'uuid' | 'timestamptz' | 'text[]'

export type AttributeColumn =
  /** With `entity` the column has the id of an entity of that type, else a value. */
  | (Column<ColumnType> & { entity?: string })
  /** What stands in a column of type jsonb under these names. */
  | { column: string; type: 'jsonb'; path: readonly string[] }
