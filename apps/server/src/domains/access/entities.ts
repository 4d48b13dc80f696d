import type { AccessEntity, EntityPage, EntityQuery, NamedEntity, PutEntities, RemoveEntities } from '@probity/contract'
import type { Principal } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField } from '../../platform/errors.ts'
import { pageOf } from '../../platform/page.ts'
import { recordOf } from '../../platform/record.ts'
import { EntityReference } from './cedar/value.ts'
import { calledAsOurs, OWN_KINDS } from './kinds.ts'
import { KnownEntities } from './known-entities.ts'
import { recordIn } from './question.ts'
import type { AccessDependencies, Roles } from './roles.ts'
import * as store from './store-entities.ts'

/** What an application tells of its resources and people, so that decisions know of it without being told each time. */
export class AccessEntities {
  readonly #dependencies: AccessDependencies
  readonly #roles: Roles

  constructor(dependencies: AccessDependencies, roles: Roles) {
    this.#dependencies = dependencies
    this.#roles = roles
  }

  /** By type and id. Throws CURSOR_INVALID. */
  async list(tenantId: string, { type, id, limit, cursor }: EntityQuery): Promise<EntityPage> {
    const after = cursor === undefined ? null : readCursor(cursor)
    const asked = { type: type ?? null, id: id ?? null, after, limit: limit + 1 }
    const rows = await this.#roles.run(tenantId, (tx) => store.listEntities(tx, asked))
    const { page, next_cursor } = pageOf(rows, limit, (row) => cursorOf(row))
    return { entities: page.map(present), next_cursor }
  }

  /**
   * Tells of entities, each anew and as a whole. Throws VALIDATION_FAILED for attributes that are none and for what only
   * Probity tells of, RELATION_CYCLE.
   */
  async put(principal: Principal, told: PutEntities): Promise<{ count: number }> {
    const entities = told.entities.map((one) => ({ ...calledAsOurs(one), parents: one.parents.map(calledAsOurs) }))
    for (const [i, one] of entities.entries()) requireTellable(one, `/entities/${i}`)
    const distinct = [...new Map(entities.map((one) => [keyOf(one), one])).values()]
    return this.#change(principal, 'told', distinct, async (tx) => {
      await store.putEntities(tx, distinct, this.#dependencies.work.now())
      await requireNoCycle(tx, distinct)
      await requireShort(
        tx,
        distinct.filter(({ parents }) => parents.length > 0),
      )
      return distinct.length
    })
  }

  async remove(principal: Principal, told: RemoveEntities): Promise<{ count: number }> {
    const entities = told.entities.map(calledAsOurs)
    return this.#change(principal, 'removed', entities, (tx) => store.deleteEntities(tx, entities))
  }

  // One change after the other: two that are each without a cycle may make one together.
  async #change(
    principal: Principal,
    what: string,
    entities: readonly NamedEntity[],
    work: (tx: Tx) => Promise<number>,
  ) {
    return this.#roles.run(principal.tenantId, async (tx) => {
      await store.lockEntities(tx)
      const count = await work(tx)
      await recordOf(this.#dependencies.record, tx, principal, {
        ...{ event_type: `entity.${what}`, resource: `entities/${count}`, action: what },
        data: { count, types: [...new Set(entities.map(({ type }) => type))].slice(0, 50) },
      })
      return { count }
    })
  }
}

function requireTellable({ type, attributes, parents }: AccessEntity, pointer: string): void {
  if (OWN_KINDS.has(type)) throw refusedField(`${pointer}/type`, 'is told by Probity itself, by its roles and groups')
  const i = parents.findIndex((parent) => OWN_KINDS.has(parent.type))
  if (i >= 0)
    throw refusedField(`${pointer}/parents/${i}/type`, 'takes a grant, or a place in a group, and not a relation')
  recordIn(attributes, `${pointer}/attributes`)
}

/** What is in what is in what: further than anybody means. */
const MOST_STEPS = 50

async function requireShort(tx: Tx, entities: readonly NamedEntity[]): Promise<void> {
  if ((await store.longestWay(tx, entities, MOST_STEPS + 1)) > MOST_STEPS)
    throw new DomainError('RELATIONS_TOO_MANY', {
      reason: `things are in one another by more than ${MOST_STEPS} steps`,
    })
}

async function requireNoCycle(tx: Tx, entities: readonly NamedEntity[]): Promise<void> {
  const known = await KnownEntities.read(tx, entities)
  const looped = entities.find(({ type, id }) => {
    const one = new EntityReference(type, id)
    return known.ancestorsOf(one).has(one.key)
  })
  if (looped) throw new DomainError('RELATION_CYCLE', { entity: looped })
}

function keyOf({ type, id }: NamedEntity): string {
  return new EntityReference(type, id).key
}

function present(row: store.EntityRow & { updated_at: Date }): EntityPage['entities'][number] {
  const { entity_type: type, entity_id: id, attributes, parents, updated_at } = row
  return { type, id, attributes: attributes ?? {}, parents: [...parents], updated_at: updated_at.toISOString() }
}

function cursorOf({ entity_type, entity_id }: store.EntityRow): string {
  return Buffer.from(JSON.stringify([entity_type, entity_id])).toString('base64url')
}

function readCursor(cursor: string): NamedEntity {
  try {
    const [type, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (typeof type === 'string' && typeof id === 'string' && !id.includes('\0') && !type.includes('\0'))
      return { type, id }
  } catch {
    // told below
  }
  throw new DomainError('CURSOR_INVALID')
}
