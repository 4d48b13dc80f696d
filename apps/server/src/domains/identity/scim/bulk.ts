import type { ScimBulk } from '@probity/contract'
import type { Json } from '@probity/core'
import { DomainError } from '../../../platform/errors.ts'
import { fault, shown } from './fault.ts'
import { BULK_RESPONSE } from './messages.ts'

type BulkOperation = ScimBulk['Operations'][number]

/** How one operation of a bulk request went. */
export interface Outcome {
  status: number
  location: string | null
  version: string | null
  /** Body of an error; null: none. */
  response: Json
}

export const MOST_OPERATIONS = 200
const REFERENCE = /^bulkId:(.+)$/

/**
 * Does the operations of a bulk request one after the other (RFC 7644 §3.7), those first that others name by bulkId. What
 * was done stays done when a later one fails. Answers in the order in which they were sent.
 */
export async function runBulk(
  { Operations: operations, failOnErrors }: ScimBulk,
  perform: (operation: BulkOperation) => Promise<Outcome>,
  failed: (error: unknown) => Outcome,
): Promise<Json> {
  if (operations.length > MOST_OPERATIONS)
    throw new DomainError('BODY_TOO_LARGE', { reason: `a request has at most ${MOST_OPERATIONS} operations` })
  const { order, circular } = inOrder(operations)
  const ids = new Map<string, string>()
  const answers = new Map<BulkOperation, Json>()
  let errors = 0
  for (const operation of order) {
    if (failOnErrors !== undefined && errors >= failOnErrors) break
    const outcome = await attempt(operation, ids, circular, perform, failed)
    if (outcome.status >= 400) errors++
    else if (operation.bulkId !== undefined && outcome.location !== null)
      ids.set(operation.bulkId, outcome.location.split('/').at(-1) ?? '')
    answers.set(operation, answerOf(operation, outcome))
  }
  const done = operations.flatMap((operation) => answers.get(operation) ?? [])
  return { schemas: [BULK_RESPONSE], Operations: done }
}

async function attempt(
  operation: BulkOperation,
  ids: ReadonlyMap<string, string>,
  circular: ReadonlySet<BulkOperation>,
  perform: (operation: BulkOperation) => Promise<Outcome>,
  failed: (error: unknown) => Outcome,
): Promise<Outcome> {
  try {
    if (circular.has(operation)) throw fault('invalidValue', 'operations name each other in a circle by bulkId')
    return await perform(resolved(operation, ids))
  } catch (error) {
    return failed(error)
  }
}

function answerOf({ method, bulkId }: BulkOperation, { status, location, version, response }: Outcome): Json {
  return {
    method,
    ...(bulkId !== undefined && { bulkId }),
    ...(location !== null && { location }),
    ...(version !== null && { version }),
    status: String(status),
    ...(response !== null && { response }),
  }
}

/** Each after those whose bulkId it names; those that wait for each other come last, as `circular`. */
function inOrder(operations: readonly BulkOperation[]): { order: BulkOperation[]; circular: Set<BulkOperation> } {
  const makers = new Map<string, BulkOperation>()
  for (const operation of operations) {
    const { method, bulkId } = operation
    if (method === 'POST' && bulkId === undefined) throw fault('invalidSyntax', 'a POST needs a bulkId')
    if (bulkId === undefined) continue
    if (makers.has(bulkId)) throw fault('invalidSyntax', `the bulkId ${shown(bulkId)} is there twice`)
    makers.set(bulkId, operation)
  }
  const order: BulkOperation[] = []
  const circular = new Set<BulkOperation>()
  const state = new Map<BulkOperation, 'begun' | 'placed'>()
  // A request has few operations, so a chain of them is no deep recursion.
  const place = (operation: BulkOperation): void => {
    state.set(operation, 'begun')
    for (const name of referencesIn([operation.path, operation.data ?? null])) {
      const maker = makers.get(name)
      if (maker === undefined || maker === operation) continue
      if (state.get(maker) === 'begun') circular.add(operation)
      else if (state.get(maker) === undefined) place(maker)
    }
    state.set(operation, 'placed')
    order.push(operation)
  }
  for (const operation of operations) if (state.get(operation) === undefined) place(operation)
  return { order, circular }
}

function referencesIn(value: Json): string[] {
  if (typeof value === 'string') return value.split('/').flatMap((part) => REFERENCE.exec(part)?.[1] ?? [])
  if (value === null || typeof value !== 'object') return []
  return Object.values(value).flatMap(referencesIn)
}

function resolved(operation: BulkOperation, ids: ReadonlyMap<string, string>): BulkOperation {
  const path = operation.path
    .split('/')
    .map((part) => replaced(part, ids))
    .join('/')
  return { ...operation, path, ...(operation.data !== undefined && { data: replacedIn(operation.data, ids) }) }
}

function replacedIn(value: Json, ids: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string') return replaced(value, ids)
  if (Array.isArray(value)) return value.map((one) => replacedIn(one, ids))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replacedIn(one, ids)]))
}

function replaced(text: string, ids: ReadonlyMap<string, string>): string {
  const name = REFERENCE.exec(text)?.[1]
  if (name === undefined) return text
  const id = ids.get(name)
  if (id === undefined) throw fault('invalidValue', `nothing was made under the bulkId ${shown(name)}`)
  return id
}
