import { z } from 'zod'

/** SCIM 2.0 (RFC 7643, 7644), as far as a schema can say it: resources are read by theirs (`/scim/v2/Schemas`). */
type Json = null | boolean | number | string | Json[] | { [member: string]: Json }
// It was read as JSON before it comes here, and the schema of all JSON refers to itself, which few readers of OpenAPI take.
const json = z.unknown() as z.ZodType<Json>
export const scimResource = z.record(z.string(), json).describe('A SCIM resource, by its schema')
export type ScimResource = z.infer<typeof scimResource>

const names = z.array(z.string().min(1).max(300)).max(100)
/** As text between commas, which is how they stand in a query. */
const listed = z
  .string()
  .max(8_000)
  .transform((given) => given.split(',').map((name) => name.trim()))
  .pipe(names)

const asked = {
  filter: z.string().max(10_000).optional(),
  sortBy: z.string().max(300).optional(),
  sortOrder: z.enum(['ascending', 'descending']).optional(),
}
const number = z.coerce.number().int()
export const scimQuery = z.strictObject({
  ...asked,
  startIndex: number.optional().describe('From 1'),
  count: number.optional().describe('At most 500'),
  attributes: listed.optional(),
  excludedAttributes: listed.optional(),
})
export type ScimQuery = z.infer<typeof scimQuery>

export const scimSearch = z.strictObject({
  schemas: z.array(z.string()).optional(),
  ...asked,
  startIndex: z.number().int().optional(),
  count: z.number().int().optional(),
  attributes: names.optional(),
  excludedAttributes: names.optional(),
})
export type ScimSearch = z.infer<typeof scimSearch>

const operation = z.object({
  op: z.string().max(20),
  path: z.string().max(8_000).optional(),
  value: json.optional(),
})
export const scimPatch = z.object({
  schemas: z.array(z.string()),
  Operations: z.array(operation).min(1).max(100),
})
export type ScimPatch = z.infer<typeof scimPatch>

const bulkOperation = z.object({
  method: z
    .string()
    .transform((method) => method.toUpperCase())
    .pipe(z.enum(['POST', 'PUT', 'PATCH', 'DELETE'])),
  path: z.string().max(300),
  bulkId: z.string().min(1).max(100).optional(),
  version: z.string().max(100).optional(),
  data: json.optional(),
})
export const scimBulk = z.object({
  schemas: z.array(z.string()),
  failOnErrors: z.number().int().min(1).optional(),
  Operations: z.array(bulkOperation).min(1),
})
export type ScimBulk = z.infer<typeof scimBulk>

const page = z.object({
  schemas: z.array(z.string()),
  totalResults: z.number().int(),
  startIndex: z.number().int(),
  itemsPerPage: z.number().int(),
  Resources: z.array(scimResource),
})
export const scimList = page
export type ScimList = z.infer<typeof scimList>

/** RFC 7644 §3.12. */
export const scimErrorBody = z.object({
  schemas: z.array(z.string()),
  status: z.string(),
  scimType: z.string().optional(),
  detail: z.string(),
})
