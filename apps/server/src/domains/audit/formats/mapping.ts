import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { OUTCOMES } from './observed-event.ts'

/**
 * The mapping language: how a product's events read in the log's terms. One JSON file a product, checked at load.
 * A pointer begins with `/` at the event or with `.` at the value that the rule stands at; `*` is each member,
 * `**` every value below.
 */
const pointer = z.string().regex(/^(?:\.|\.?(?:\/[^/]+)+)$/, 'must be a pointer')
const pattern = z.string().refine(isPattern, 'must be a regular expression')
const scalar = z.union([z.string(), z.number(), z.boolean()])

/** Holds or not. Texts compare without regard to case; with a wildcard one value that fits is enough. */
export type Condition =
  | string
  | { at: string; is: (string | number | boolean)[] }
  | { at: string; exists: boolean }
  | { at: string; matches: string }
  | { at: string; kind: 'address' | 'object' }
  | { at: string; from: number; below?: number | undefined }
  | { at: string; same: string }
  | { actor: ('person' | 'service' | 'system' | 'none')[] }
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.string().regex(/^[a-z_]+$/, 'must be the name of one of `conditions`'),
    z.strictObject({ at: pointer, is: z.array(scalar).min(1) }),
    z.strictObject({ at: pointer, exists: z.boolean() }),
    z.strictObject({ at: pointer, matches: pattern }),
    z.strictObject({ at: pointer, kind: z.enum(['address', 'object']) }),
    z.strictObject({ at: pointer, from: z.number(), below: z.number().optional() }),
    z.strictObject({ at: pointer, same: pointer }),
    z.strictObject({ actor: z.array(z.enum(['person', 'service', 'system', 'none'])).min(1) }),
    z.strictObject({ all: z.array(condition).min(1) }),
    z.strictObject({ any: z.array(condition).min(1) }),
    z.strictObject({ not: condition }),
  ]),
)

/** A text, made from the event; the first of `first` that is not empty. */
export type Value =
  | string
  | { text: string }
  | { at: string; match: string }
  | { at: string; table: Record<string, string> }
  | { every: string; with: string }
  | { mailbox: string }
  | { join: Value[]; with: string; all?: boolean | undefined }
  | { first: Value[] }
  | { when: Condition; use: Value }
const value: z.ZodType<Value> = z.lazy(() =>
  z.union([
    pointer,
    z.strictObject({ text: z.string() }),
    z.strictObject({ at: pointer, match: pattern }).describe('First group of the expression'),
    z.strictObject({ at: pointer, table: z.record(z.string(), z.string()) }),
    z.strictObject({ every: pointer, with: z.string() }),
    z.strictObject({ mailbox: pointer }).describe('The first e-mail address that the text names'),
    z
      .strictObject({ join: z.array(value).min(1), with: z.string(), all: z.boolean().optional() })
      .describe('Of the parts there are; with `all` nothing unless all are there'),
    z.strictObject({ first: z.array(value).min(1) }),
    z.strictObject({ when: condition, use: value }),
  ]),
)
const values = z.array(value)

const actorRule = z.strictObject({
  when: condition.optional(),
  type: z.enum(['person', 'service', 'system']),
  id: values.min(1),
  aliases: values.default([]),
  personal: z.array(pointer).default([]),
})
const personRule = z.strictObject({
  each: pointer.optional().describe('The rule holds for each value here, and `.` is that value'),
  when: condition.optional(),
  id: values.min(1),
  aliases: values.default([]),
  personal: z.array(pointer).default([]),
})
const personalRule = z.strictObject({
  at: pointer,
  when: condition.optional(),
  take: z.array(pointer).default(['.']).describe('What is personal, from the value at `at`'),
})

const mapping = z.strictObject({
  about: z.string().min(1),
  records: z.array(pointer).describe('Where a wrapper holds an array of events'),
  roots: z.array(pointer).describe('Where a wrapper holds one event, if `recognised` holds there'),
  recognised: condition,
  conditions: z.record(z.string(), condition).default({}),
  event_id: values,
  occurred_at: z.array(z.strictObject({ at: pointer, unit: z.enum(['s', 'ms', 'us', 'ns']).optional() })),
  event_type: values.min(1),
  session: values,
  resource: values,
  action: values,
  outcome: z.array(z.strictObject({ when: condition.optional(), is: z.enum(OUTCOMES) })).min(1),
  risk_score: z.array(value).describe('Texts that are numbers; what lies outside 0 to 100 is moved to the nearer end'),
  actor: z.array(actorRule),
  people: z.array(personRule),
  personal: z.array(personalRule).describe("The actor's"),
})

export type Mapping = z.infer<typeof mapping>
export type ActorRule = z.infer<typeof actorRule>
export type PersonRule = z.infer<typeof personRule>

/** Reads a mapping file beside this one; a fault in it stops the start with the file's name and the place. */
export function loadMapping(name: string): Mapping {
  const parsed = mapping.safeParse(JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')))
  if (parsed.success) return parsed.data
  throw new Error(`mapping ${name}.json: ${z.prettifyError(parsed.error)}`)
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'iu').global === false
  } catch {
    return false
  }
}
