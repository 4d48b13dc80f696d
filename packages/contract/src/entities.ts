import { z } from 'zod'
import { typeName } from './access.ts'
import { line, nextCursor, pageQuery, storable, timestamp } from './primitives.ts'

/** An entity of Cedar: a type and an id. */
export const entityReference = z.strictObject({ type: typeName, id: line(255) })
export type NamedEntity = z.infer<typeof entityReference>
/** Attributes by name, as Cedar writes values in JSON. */
export const attributes = storable

/** What an application tells of its resources and people, for decisions. */
export const accessEntity = z.strictObject({
  ...entityReference.shape,
  attributes: attributes.default({}),
  parents: z.array(entityReference).max(100).default([]).describe('What it is in: its folder, its team'),
})
export type AccessEntity = z.infer<typeof accessEntity>
export const putEntities = z.strictObject({ entities: z.array(accessEntity).min(1).max(1000) })
export type PutEntities = z.infer<typeof putEntities>
export type PutEntitiesInput = z.input<typeof putEntities>
export const removeEntities = z.strictObject({ entities: z.array(entityReference).min(1).max(1000) })
export type RemoveEntities = z.infer<typeof removeEntities>
export const entitiesChanged = z.object({ count: z.number().int().describe('Entities that are told or gone now') })
export const entityQuery = z.strictObject({ ...pageQuery, type: typeName.optional(), id: line(255).optional() })
export type EntityQuery = z.infer<typeof entityQuery>
export const entityPage = z.object({
  entities: z.array(z.object({ ...accessEntity.shape, updated_at: timestamp })),
  next_cursor: nextCursor,
})
export type EntityPage = z.infer<typeof entityPage>
