import { randomUUID } from 'node:crypto'
import { type DetailedError, policySetTextToParts, policyToJson, templateToJson } from '@cedar-policy/cedar-wasm/nodejs'
import { measured, PARSED } from './height.ts'
import { longOf } from './long.ts'
import type { Expression, PolicyJson } from './policy-json.ts'

/** A policy of a text, or a template: one that has slots. */
export interface Statement {
  /** What Cedar calls it by its place in the text, from `policy0` on. */
  id: string
  text: string
  json: PolicyJson
  isTemplate: boolean
}

/** What cannot be read, and where, in the parser's words. */
export class UnreadablePolicy extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('; '))
    this.problems = problems
  }
}

/** Reads the policies and templates of a text by Cedar's own parser, in their order. Throws UnreadablePolicy. */
export function readPolicies(text: string, most = MOST_STATEMENTS): Statement[] {
  requireParsable(text, most)
  const statements = statementsOf(text)
  const parts = policySetTextToParts(text)
  if (parts.type === 'failure') throw new UnreadablePolicy(parts.errors.map((error) => located(text, error)))
  // One that we read otherwise than the parser would be lost.
  if (parts.policies.length + parts.policy_templates.length !== statements?.length)
    throw new UnreadablePolicy(['a policy in it cannot be told from what is around it'])
  const read = statements.map((statement, i) => ({ statement, id: `policy${i}`, json: jsonOf(statement) }))
  // Of the text as a whole the parser says where something is wrong in it.
  if (read.some(({ json }) => json === null)) throw new UnreadablePolicy(['this is no policy'])
  return read.flatMap(({ statement, id, json }) => (json === null ? [] : { id, text: statement, ...json }))
}

/** With line and column, which the parser counts in bytes from the beginning. */
function located(text: string, { message, sourceLocations }: DetailedError): string {
  const start = sourceLocations?.[0]?.start
  if (start === undefined) return message
  const before = Buffer.from(text).subarray(0, start).toString()
  const lines = before.split(/\r\n|\n|\r/)
  return `line ${lines.length}, column ${[...(lines.at(-1) ?? '')].length + 1}: ${message}`
}

/** Null: something follows the last. */
function statementsOf(text: string): string[] | null {
  const { statements, rest } = piecesOf(text)
  return /^(?:\s|\/\/[^\n\r]*)*$/.test(rest) ? statements : null
}

/** The parts of a text up to semicolons, which stand at the end of a policy and nowhere else but in texts and comments. */
export function piecesOf(text: string): { statements: string[]; rest: string } {
  const statements: string[] = []
  let from = 0
  for (const token of text.matchAll(TOKEN)) {
    if (token[0] !== ';') continue
    statements.push(text.slice(from, token.index + 1))
    from = token.index + 1
  }
  return { statements, rest: text.slice(from) }
}

/** Null: it cannot be read. */
function jsonOf(text: string): { json: PolicyJson; isTemplate: boolean } | null {
  const marked = text.replaceAll(TOKEN, (token) => (/^\d{16}/.test(token) ? `{"${MARK}": "${token}"}` : token))
  if (marked !== text && parsed(text) === null) return null
  const read = parsed(marked)
  if (read === null || marked === text) return read
  const conditions = read.json.conditions.map((one) => ({ ...one, body: unmark(one.body) as Expression }))
  return { ...read, json: { ...read.json, conditions } }
}

function parsed(text: string): { json: PolicyJson; isTemplate: boolean } | null {
  const asPolicy = policyToJson(text)
  const answer = asPolicy.type === 'success' ? asPolicy : templateToJson(text)
  if (answer.type === 'failure') return null
  // The parser's own type says the same less exactly.
  return { json: answer.json as unknown as PolicyJson, isTemplate: asPolicy.type === 'failure' }
}

/** Policies of a text. */
const MOST_STATEMENTS = 20_000
/** How high the tree of a policy may be: the parser's stack ends not far beyond, and takes the parser with it. */
const HIGHEST = 1_000

/** Before the parser sees a text, or whoever walks it otherwise. Throws UnreadablePolicy. */
export function requireParsable(text: string, most = MOST_STATEMENTS, walk = PARSED): void {
  const { policies, height } = measured(text, walk)
  if (policies > most) throw new UnreadablePolicy([`a text has at most ${most} policies`])
  if (height > HIGHEST)
    throw new UnreadablePolicy(['a policy is nested too deep, or chains too many terms: make several of it'])
}

// The parser answers through JSON.parse, which rounds what is beyond 2^53. Such numbers go through it as a record that no
// policy has, and are put back; the text as it is was read before, so that what is no i64 is refused.
const MARK = `a number that is not exact in JSON ${randomUUID()}`
const TOKEN = /"(?:[^"\\]|\\.)*"|\/\/[^\n\r]*|[A-Za-z_]\w*|\d+|;/gs

function unmark(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(unmark)
  if (typeof json !== 'object' || json === null) return json
  const found = markedIn(json)
  if (found !== null) return { Value: longOf(found) }
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, unmark(value)]))
}

/** The number of a mark, or of one right behind a minus, since the least i64 has no positive; null: it is none. */
function markedIn(json: object): bigint | null {
  if (!('neg' in json)) return numberOf(json)
  const number = numberOf((json.neg as { arg: object }).arg)
  return number === null ? null : -number
}

function numberOf(json: object): bigint | null {
  if (!('Record' in json)) return null
  const marked = (json.Record as Record<string, { Value?: unknown }>)[MARK]?.Value
  return typeof marked === 'string' ? BigInt(marked) : null
}
