import type { AccessEntity, NamedEntity } from '@probity/contract'
import type { Tx } from '../../platform/database/transaction.ts'

export interface EntityRow {
  entity_type: string
  entity_id: string
  /** null: it is only known as what others are in. */
  attributes: Record<string, unknown> | null
  parents: readonly NamedEntity[]
}

const PARENTS = `coalesce((SELECT jsonb_agg(jsonb_build_object('type', r.parent_type, 'id', r.parent_id) ORDER BY r.parent_type, r.parent_id)
    FROM access_relations r WHERE r.tenant_id = $1 AND r.entity_type = e.entity_type AND r.entity_id = e.entity_id), '[]') AS parents`

/** By type and id. */
export async function listEntities(
  tx: Tx,
  asked: { type: string | null; id: string | null; after: NamedEntity | null; limit: number },
): Promise<(EntityRow & { updated_at: Date })[]> {
  const text = `SELECT e.entity_type, e.entity_id, e.attributes, e.updated_at, ${PARENTS} FROM access_entities e
                WHERE e.tenant_id = $1 AND ($2::text IS NULL OR e.entity_type = $2) AND ($3::text IS NULL OR e.entity_id = $3)
                  AND ($4::text IS NULL OR (e.entity_type, e.entity_id) > ($4, $5::text))
                ORDER BY e.entity_type, e.entity_id LIMIT $6`
  const { type, id, after, limit } = asked
  const values = [tx.tenantId, type, id, after?.type ?? null, after?.id ?? null, limit]
  return (await tx.query<EntityRow & { updated_at: Date }>(text, values)).rows
}

/** Ids of a type, in their order. */
export async function listEntityIds(tx: Tx, type: string, after: string | null, limit: number): Promise<string[]> {
  const text = `SELECT entity_id FROM access_entities WHERE tenant_id = $1 AND entity_type = $2 AND ($3::text IS NULL OR entity_id > $3)
                ORDER BY entity_id LIMIT $4`
  return (await tx.query<{ entity_id: string }>(text, [tx.tenantId, type, after, limit])).rows.map(
    (row) => row.entity_id,
  )
}

/** Some entities and all that they are in, by any number of steps; at most so many. */
export async function readReached(tx: Tx, asked: readonly NamedEntity[], limit: number): Promise<EntityRow[]> {
  const text = `WITH RECURSIVE e AS (
                  SELECT t COLLATE "C" AS entity_type, i COLLATE "C" AS entity_id FROM unnest($2::text[], $3::text[]) AS asked (t, i)
                  UNION
                  SELECT r.parent_type, r.parent_id FROM e JOIN access_relations r
                    ON r.tenant_id = $1 AND r.entity_type = e.entity_type AND r.entity_id = e.entity_id)
                SELECT e.entity_type, e.entity_id, k.attributes, ${PARENTS}
                FROM (SELECT entity_type, entity_id FROM e LIMIT $4) e
                LEFT JOIN access_entities k ON k.tenant_id = $1 AND k.entity_type = e.entity_type AND k.entity_id = e.entity_id`
  return (await tx.query<EntityRow>(text, [tx.tenantId, ...columnsOf(asked), limit])).rows
}

/** Ids of a type that are in some entities, by any number of steps; at most so many. */
export async function listIdsWithin(
  tx: Tx,
  type: string,
  places: readonly NamedEntity[],
  limit: number,
): Promise<string[]> {
  if (places.length === 0) return []
  const text = `WITH RECURSIVE down AS (
                  SELECT t COLLATE "C" AS entity_type, i COLLATE "C" AS entity_id FROM unnest($2::text[], $3::text[]) AS asked (t, i)
                  UNION SELECT r.entity_type, r.entity_id FROM down d JOIN access_relations r
                    ON r.tenant_id = $1 AND r.parent_type = d.entity_type AND r.parent_id = d.entity_id)
                SELECT entity_id FROM down WHERE entity_type = $4 LIMIT $5`
  return (await tx.query<{ entity_id: string }>(text, [tx.tenantId, ...columnsOf(places), type, limit])).rows.map(
    (row) => row.entity_id,
  )
}

/** Holds the entities of the tenant until the transaction ends, and has decisions look for them. */
export async function lockEntities(tx: Tx): Promise<void> {
  // An update and not FOR UPDATE, since the first time it changes what decisions do.
  await tx.query('UPDATE access_versions SET has_entities = true WHERE tenant_id = $1', [tx.tenantId])
}

/** The longest way up from all that is in some entities, and from themselves; no longer than it is asked for. */
export async function longestWay(tx: Tx, asked: readonly NamedEntity[], most: number): Promise<number> {
  const text = `WITH RECURSIVE down AS (
                  SELECT t COLLATE "C" AS entity_type, i COLLATE "C" AS entity_id FROM unnest($2::text[], $3::text[]) AS asked (t, i)
                  UNION SELECT r.entity_type, r.entity_id FROM down d JOIN access_relations r
                    ON r.tenant_id = $1 AND r.parent_type = d.entity_type AND r.parent_id = d.entity_id),
                up AS (
                  SELECT entity_type, entity_id, 0 AS step FROM down
                  UNION SELECT r.parent_type, r.parent_id, u.step + 1 FROM up u JOIN access_relations r
                    ON r.tenant_id = $1 AND r.entity_type = u.entity_type AND r.entity_id = u.entity_id WHERE u.step < $4)
                SELECT coalesce(max(step), 0) AS steps FROM up`
  return (await tx.query<{ steps: number }>(text, [tx.tenantId, ...columnsOf(asked), most])).rows[0]?.steps ?? 0
}

export async function putEntities(tx: Tx, entities: readonly AccessEntity[], at: Date): Promise<void> {
  const [types, ids] = columnsOf(entities)
  const attributes = entities.map((one) => JSON.stringify(one.attributes))
  const put = `INSERT INTO access_entities (tenant_id, entity_type, entity_id, attributes, updated_at)
               SELECT $1, t, i, a, $5 FROM unnest($2::text[], $3::text[], $4::jsonb[]) AS told (t, i, a)
               ON CONFLICT (tenant_id, entity_type, entity_id) DO UPDATE SET (attributes, updated_at) = (excluded.attributes, excluded.updated_at)`
  await tx.query(put, [tx.tenantId, types, ids, attributes, at])
  const drop = `DELETE FROM access_relations r USING unnest($2::text[], $3::text[]) AS told (t, i)
                WHERE r.tenant_id = $1 AND r.entity_type = told.t AND r.entity_id = told.i`
  await tx.query(drop, [tx.tenantId, types, ids])
  const pairs = entities.flatMap((one) => one.parents.map((parent) => ({ one, parent })))
  const relate = `INSERT INTO access_relations (tenant_id, entity_type, entity_id, parent_type, parent_id)
                  SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING`
  const children = columnsOf(pairs.map(({ one }) => one))
  await tx.query(relate, [tx.tenantId, ...children, ...columnsOf(pairs.map(({ parent }) => parent))])
}

/** How many there were; what they were in goes with them. */
export async function deleteEntities(tx: Tx, entities: readonly NamedEntity[]): Promise<number> {
  const text = `DELETE FROM access_entities e USING unnest($2::text[], $3::text[]) AS told (t, i)
                WHERE e.tenant_id = $1 AND e.entity_type = told.t AND e.entity_id = told.i`
  return (await tx.query(text, [tx.tenantId, ...columnsOf(entities)])).rowCount ?? 0
}

function columnsOf(entities: readonly NamedEntity[]): [string[], string[]] {
  return [entities.map(({ type }) => type), entities.map(({ id }) => id)]
}
