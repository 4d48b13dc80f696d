import type { AccessCondition, AccessFound, EffectiveAccess, SearchAccess } from '@probity/contract'
import { isUuid } from '@probity/core'
import { mayDo, type Principal, requireOwnOr } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { pageOf } from '../../platform/page.ts'
import { Effort } from './effort.ts'
import { USER } from './kinds.ts'
import { type Model, permissionsOf } from './model.ts'
import { withoutOthersIn } from './others.ts'
import { extentOf } from './permissions.ts'
import { forbiddenBy, type StatementThere, statementsOf, statementsOn } from './policy-statements.ts'
import { ask, type Question, readQuestion, type State } from './question.ts'
import type { AccessDependencies } from './roles.ts'
import { closureOf, type Extent } from './rules.ts'
import { brokenBy, isApart } from './separation.ts'
import { accountOf, type States } from './states.ts'
import * as store from './store-grants.ts'

/** What somebody may do, and who may do something, by the roles, grants and policies that are in force. */
export class Effective {
  readonly #dependencies: AccessDependencies
  readonly #states: States

  constructor(dependencies: AccessDependencies, states: States) {
    this.#dependencies = dependencies
    this.#states = states
  }

  /** Throws NOT_FOUND. */
  async of(tenantId: string, userId: string): Promise<EffectiveAccess> {
    return this.#look(tenantId, async (tx) => {
      const account = await store.readAccount(tx, userId)
      if (account === null) throw new DomainError('NOT_FOUND')
      const at = this.#dependencies.work.now()
      const state = await this.#states.of(tx, at, { who: accountOf(userId), resources: [] })
      const { model } = state
      const reached = await store.reachOf(tx, [userId], at)
      const counting = counted(model, reached)
      const groups = await store.placesOf(tx, userId) // also of who is not active, whose roles are shown too
      return {
        ...{ user_id: userId, is_active: account.status === 'active', scopes: account.scopes },
        roles: reached.map((row) => ({ ...shown(row), role_id: row.role_id, role: nameOf(model, row.role_id) })),
        permissions: counting.flatMap((row) => permissionsBy(model, row)),
        policies: policiesOf({ ...state, groups }, counting),
      }
    })
  }

  /** Of who asks: all of it, but in conditions who else is meant, which takes more to know. Throws STEP_UP_REQUIRED, SESSION_REQUIRED. */
  async ofOneself(principal: Principal): Promise<EffectiveAccess> {
    requireOwnOr('grant:read', principal)
    if (principal.lacksFactor) throw new DomainError('STEP_UP_REQUIRED')
    const access = await this.of(principal.tenantId, principal.userId)
    if (mayDo(principal, 'grant:read') && mayDo(principal, 'role:read')) return access
    const told = (condition: AccessCondition) => withoutOthersIn(condition, [principal.userId])
    const permissions = access.permissions.map((one) => ({ ...one, conditions: one.conditions.map(told) }))
    return { ...access, permissions }
  }

  /**
   * Whoever may do something to a resource, once for each grant and permission by which they may, and what policies say of it.
   * Throws CURSOR_INVALID.
   */
  async search(tenantId: string, { resource, action, limit, cursor }: SearchAccess): Promise<AccessFound> {
    const after = cursor === undefined ? null : readCursor(cursor)
    return this.#look(tenantId, async (tx) => {
      const at = this.#dependencies.work.now()
      const of = extentOf(resource)
      const question = readQuestion({ ...ANYTHING.asked, action, resource: resourceOf(of) }, '')
      const anybody = await this.#states.of(tx, at, { who: NOBODY, resources: [question.resource] })
      const { model, known } = anybody
      const conditions = conditionsByRole(model, action, of)
      // Grants on what it is in, by what was told of it, count on it too.
      const places = [
        of,
        ...known.placesOf(question.resource).map(({ type, id }) => ({ resource_type: type, resource_id: id })),
      ]
      const rows = await store.listReached(tx, { places, at, roles: [...conditions.keys()], after, limit: limit + 1 })
      const { page, next_cursor } = pageOf(rows, limit, ({ user_id, grant_id }) => `${user_id}.${grant_id}`)
      const statements = await statementsOn(model, ask(anybody, question).request, new Effort())
      const standing = await this.#standing(tx, at, {
        ...{ page, hasDynamic: model.exclusions.some(({ kind }) => kind === 'dynamic') },
        question,
        statements: statements.map((one) => one.statement),
      })
      return {
        people: (await this.#counted(tx, model, page, at)).flatMap((row) => {
          const { isForbidden, forbidding, lost } = standing(row.user_id)
          if (isForbidden) return []
          return (conditions.get(row.role_id) ?? []).map((all) => ({
            ...{ ...shown(row), user_id: row.user_id, role_id: row.role_id },
            ...{ role: nameOf(model, row.role_id), conditions: [...all], forbidding },
            needs_active_roles: lost.has(row.role_id),
          }))
        }),
        policies: statements.map((one) => one.shown),
        others_by_policy: statements.some(({ shown }) => shown.effect === 'permit'),
        next_cursor,
      }
    })
  }

  /** What policies forbid each of some people, and which of their roles count only where they say which they use. */
  async #standing(
    tx: Tx,
    at: Date,
    asked: {
      page: readonly store.ReachRow[]
      question: Question
      statements: readonly StatementThere[]
      hasDynamic: boolean
    },
  ) {
    const { page, question, statements, hasDynamic } = asked
    const isAsked = hasDynamic || statements.some(({ policy }) => policy.effect === 'forbid')
    const ids = isAsked ? page.map(({ user_id }) => user_id) : []
    const about = [...new Set(ids)].map((id) => ({ who: accountOf(id), resources: [question.resource] }))
    const effort = new Effort()
    const found = new Map<string, Standing>()
    for (const state of await this.#states.ofAll(tx, at, about)) {
      const { request, counting } = ask(state, question)
      const { isForbidden, perhaps } = await forbiddenBy(statements, request, effort)
      const forbidding = perhaps.map(({ policyId, version, name }) => ({
        ...{ policy_id: policyId, version, policy_name: name },
      }))
      found.set(state.subject.reference.id, { isForbidden, forbidding, lost: counting.lost })
    }
    return (userId: string): Standing => found.get(userId) ?? FREE
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

/** By all roles that they have, on whatever: a statement says itself on what it is. */
function policiesOf(state: State, held: readonly store.ReachRow[]): EffectiveAccess['policies'] {
  const roles = closureOf(
    state.model.parents,
    held.map(({ role_id }) => role_id),
  )
  return statementsOf(state.model, ask(state, ANYTHING, { roles, lost: new Set(), broken: [] }).request)
}

interface Standing {
  isForbidden: boolean
  forbidding: AccessFound['people'][number]['forbidding']
  lost: ReadonlySet<string>
}

const FREE: Standing = { isForbidden: false, forbidding: [], lost: new Set() }

/** Where nothing is asked of anything. */
const ANYTHING = readQuestion({ resource: { type: '', id: '' }, action: '', resource_attributes: {}, context: {} }, '')

/** Who asks, where it is of everybody what is asked. */
const NOBODY = { type: USER, id: '', userId: null, attributes: new Map(), told: {} }

function resourceOf({ resource_type, resource_id }: Extent): { type: string; id: string } {
  return { type: resource_type ?? '', id: resource_id ?? '' }
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
