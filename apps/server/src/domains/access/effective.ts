import type { AccessCondition, AccessFound, EffectiveAccess, SearchAccess } from '@probity/contract'
import { isUuid } from '@probity/core'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { pageOf } from '../../platform/page.ts'
import { type Model, type Models, permissionsOf } from './model.ts'
import { extentOf } from './permissions.ts'
import type { AccessDependencies } from './roles.ts'
import { closureOf, type Extent } from './rules.ts'
import { brokenBy, isApart } from './separation.ts'
import * as store from './store-grants.ts'

/** What somebody may do, and who may do something, by the roles and grants that are in force. */
export class Effective {
  readonly #dependencies: AccessDependencies
  readonly #models: Models

  constructor(dependencies: AccessDependencies, models: Models) {
    this.#dependencies = dependencies
    this.#models = models
  }

  /** Throws NOT_FOUND. */
  async of(tenantId: string, userId: string): Promise<EffectiveAccess> {
    return this.#look(tenantId, async (tx) => {
      const status = await store.readStatus(tx, userId)
      if (status === null) throw new DomainError('NOT_FOUND')
      const at = this.#dependencies.work.now()
      const model = await this.#models.read(tx, at)
      const reached = await store.reachOf(tx, [userId], at)
      return {
        ...{ user_id: userId, is_active: status === 'active' },
        roles: reached.map((row) => ({ ...shown(row), role_id: row.role_id, role: nameOf(model, row.role_id) })),
        permissions: counted(model, reached).flatMap((row) => permissionsBy(model, row)),
      }
    })
  }

  /** Whoever may do something to a resource, once for each grant and permission by which they may. Throws CURSOR_INVALID. */
  async search(tenantId: string, { resource, action, limit, cursor }: SearchAccess): Promise<AccessFound> {
    const after = cursor === undefined ? null : readCursor(cursor)
    return this.#look(tenantId, async (tx) => {
      const at = this.#dependencies.work.now()
      const model = await this.#models.read(tx, at)
      const of = extentOf(resource)
      const conditions = conditionsByRole(model, action, of)
      const rows = await store.listReached(tx, { of, at, roles: [...conditions.keys()], after, limit: limit + 1 })
      const { page, next_cursor } = pageOf(rows, limit, ({ user_id, grant_id }) => `${user_id}.${grant_id}`)
      return {
        people: (await this.#counted(tx, model, page, at)).flatMap((row) =>
          (conditions.get(row.role_id) ?? []).map((all) => ({
            ...{ ...shown(row), user_id: row.user_id, role_id: row.role_id },
            ...{ role: nameOf(model, row.role_id), conditions: [...all] },
          })),
        ),
        next_cursor,
      }
    })
  }

  /** Those by which people who break no exclusion may. */
  async #counted(tx: Tx, model: Model, page: readonly store.ReachRow[], at: Date): Promise<store.ReachRow[]> {
    if (!model.exclusions.some(({ kind }) => kind === 'static')) return [...page]
    const all = Map.groupBy(
      await store.reachOf(tx, [...new Set(page.map(({ user_id }) => user_id))], at),
      ({ user_id }) => user_id,
    )
    return page.filter((row) =>
      counted(model, all.get(row.user_id) ?? []).some(({ grant_id }) => grant_id === row.grant_id),
    )
  }

  /** All of one moment. */
  #look<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const options = { isolation: 'repeatable read', readOnly: true } as const
    return this.#dependencies.work.run(tenantId, work, options)
  }
}

/** What each role permits of it, itself or by its parents, by the conditions of each permission. */
function conditionsByRole(model: Model, action: string, of: Extent): Map<string, (readonly AccessCondition[])[]> {
  const found = new Map<string, (readonly AccessCondition[])[]>()
  const fitting = permissionsOf(model, action, of)
  for (const roleId of model.names.keys()) {
    const all = closureOf(model.parents, [roleId])
    const conditions = fitting.filter((one) => all.has(one.roleId)).map(({ permission }) => permission.conditions)
    if (conditions.length > 0) found.set(roleId, conditions)
  }
  return found
}

/** Of all that reaches somebody, what counts: of two roles of which nobody may have both, neither does. */
function counted(model: Model, reached: readonly store.ReachRow[]): readonly store.ReachRow[] {
  const roles = reached.map(({ role_id }) => role_id)
  const broken = brokenBy(model, roles, 'static')
  return reached.filter(({ role_id }) => isApart(model, role_id, broken))
}

function permissionsBy(model: Model, row: store.ReachRow): EffectiveAccess['permissions'] {
  const all = closureOf(model.parents, [row.role_id])
  return [...model.permissions.values()]
    .filter(({ roleId }) => all.has(roleId))
    .map(({ roleId, permission }) => ({ ...permission, ...shown(row), role_id: roleId, role: nameOf(model, roleId) }))
}

function nameOf(model: Model, roleId: string): string {
  return model.names.get(roleId) ?? ''
}

function shown({ grant_id, group_id, resource_type, resource_id, since, expires_at }: store.ReachRow) {
  const ends = expires_at?.toISOString() ?? null
  return { grant_id, group_id, resource_type, resource_id, since: since.toISOString(), expires_at: ends }
}

function readCursor(cursor: string): { userId: string; grantId: string } {
  const [userId = '', grantId = ''] = cursor.split('.')
  if (!isUuid(userId) || !isUuid(grantId)) throw new DomainError('CURSOR_INVALID')
  return { userId, grantId }
}
