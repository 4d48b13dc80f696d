import { z } from 'zod'
import { authorize, typeName } from './access.ts'
import { uuid } from './primitives.ts'

/** With which resources of a type may somebody do something; asked for oneself, or by an application for anybody. */
export const filterAccess = z.strictObject({
  user_id: authorize.shape.user_id,
  action: authorize.shape.action,
  resource_type: typeName,
  context: authorize.shape.context,
  at_least: authorize.shape.at_least,
})
export type FilterAccess = z.infer<typeof filterAccess>
export type FilterAccessInput = z.input<typeof filterAccess>

const attribute = z
  .array(z.string())
  .min(1)
  .describe('Name of an attribute of the resource, of a field of the record in it, and so on')
const value = z
  .union([z.string(), z.number().int(), z.boolean(), z.array(z.unknown()), z.record(z.string(), z.unknown())])
  .describe('As Cedar writes values in JSON: __entity, __extn; a Long beyond 2^53 is {__long} with its digits as text')
export type FilterValue = z.infer<typeof value>

/** A condition on a resource. Each test holds or does not: of an attribute that is missing, or of another type, it does not. */
export type AccessFilter =
  | { op: 'and' | 'or'; of: AccessFilter[] }
  | { op: 'not'; of: AccessFilter }
  | z.infer<typeof test>

const test = z.discriminatedUnion('op', [
  z.object({ op: z.literal('true') }),
  z.object({ op: z.literal('false') }),
  z.object({ op: z.literal('id_in'), ids: z.array(z.string()) }).describe('Its id is one of these'),
  z.object({ op: z.literal('has'), attribute }),
  z.object({
    op: z.literal('is'),
    attribute,
    type: z.enum(['boolean', 'long', 'string', 'entity', 'set', 'record']),
  }),
  z.object({ op: z.literal('is_entity'), attribute, entity_type: z.string() }),
  z
    .object({ op: z.literal('one_of'), attribute, values: z.array(value) })
    .describe('It equals one of these, type included'),
  z
    .object({ op: z.enum(['less_than', 'at_most', 'more_than', 'at_least']), attribute, value })
    .describe('Of two integers, datetimes or durations'),
  z
    .object({ op: z.literal('like'), attribute, pattern: z.array(z.string().nullable()) })
    .describe('These texts one after the other; null: any run of letters, also of none'),
  z.object({ op: z.literal('contains'), attribute, value }).describe('It is a set with this in it'),
  z
    .object({ op: z.literal('opaque') })
    .describe('Only a decision can tell: true where that lets more through, so false within an odd number of nots'),
])

export const accessFilter: z.ZodType<AccessFilter> = z
  .union([
    test,
    z.object({
      op: z.enum(['and', 'or']),
      get of() {
        return z.array(accessFilter)
      },
    }),
    z.object({
      op: z.literal('not'),
      get of() {
        return accessFilter
      },
    }),
  ])
  .meta({ id: 'AccessFilter' })

export const accessFiltered = z.object({
  decision_id: uuid,
  filter: accessFilter.describe('As roles, grants and the time are now: ask again for each list'),
  exact: z
    .boolean()
    .describe('Whether all that pass are allowed; false: of those that pass, each has to be decided by itself'),
  version: z.number().int().describe('Of the roles that it rests on'),
})
export type AccessFiltered = z.infer<typeof accessFiltered>
