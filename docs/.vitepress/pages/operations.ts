import type { Area } from './areas.ts'
import { fieldsOf } from './fields.ts'
import { code, table } from './markdown.ts'
import type { Operation, Schema } from './openapi.ts'

const FIELDS = ['Field', 'Type', 'What it is']

/** The page of an area of the API: each operation with what it needs, takes and answers. */
export function areaPage({ title, operations }: Area): string {
  return [`# ${title}`, ...operations.flatMap(operationOf)].join('\n\n')
}

function operationOf({ method, path, operation }: Area['operations'][number]): string[] {
  return [
    `## ${code(`${method} ${path}`)} {#${operation.operationId}}`,
    `${operation.summary}.`,
    ...(operation.description === undefined ? [] : [operation.description]),
    needs(operation),
    ...parameters(operation),
    ...body(operation),
    ...answers(operation),
  ]
}

function needs({ security, 'x-scopes': scopes = [], 'x-permits': permits = [] }: Operation): string {
  if (security.length === 0) return '**Needs** nothing: anybody may call it.'
  if (permits.length === 0) return '**Needs** somebody who is known. What they may is decided within.'
  const list = (words: string[]) => words.map(code).join(' and ')
  return `**Needs** a token of scope ${list(scopes)}, or a role that allows ${list(permits)}.`
}

function parameters({ parameters: all }: Operation): string[] {
  const rows = all.map(({ name, in: place, required, description, schema }) => {
    const [first] = fieldsOf(schema, name)
    return [code(name), `${place}${required ? '' : ', optional'}`, first?.type ?? '', description ?? first?.about ?? '']
  })
  return rows.length === 0 ? [] : ['**Parameters**', table(['Name', 'Where', 'Type', 'What it is'], rows)]
}

function body({ requestBody }: Operation): string[] {
  return Object.entries(requestBody?.content ?? {}).flatMap(([type, { schema }]) => [
    `**Body**, ${code(type)}`,
    ...shown(schema),
  ])
}

function answers({ responses }: Operation): string[] {
  return Object.entries(responses).flatMap(([status, { description, content }]) => {
    if (status === 'default' && Object.values(content ?? {}).some(({ schema }) => isProblem(schema)))
      return ['**Else** a [problem](/errors/) whose code says why.']
    const lead = status === 'default' ? '**Else**' : `**Answer** ${status}`
    const types = Object.entries(content ?? {})
    if (types.length === 0) return [`${lead}: ${description.toLowerCase()}.`]
    return types.flatMap(([type, { schema }]) => [`${lead}, ${code(type)}`, ...shown(schema)])
  })
}

function isProblem({ $ref = '', properties = {} }: Schema): boolean {
  return $ref.endsWith('/Problem') || 'request_id' in properties
}

function shown(schema: Schema): string[] {
  const rows = fieldsOf(schema, '').map(({ path, type, about }) => [path === '' ? '' : code(path), type, about])
  const isPlain = rows.length === 1 && rows[0]?.[0] === ''
  return isPlain ? [] : [table(FIELDS, rows)]
}
