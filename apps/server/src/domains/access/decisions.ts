import type { Authorize, Authorized } from '@probity/contract'
import { actorOf, type Principal, requireScopes } from '../../platform/authority.ts'
import { microsecondsToDate } from '../../platform/clock.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { explain } from './cedar/explain.ts'
import { Failure } from './cedar/failure.ts'
import { type JsonValue, readRecord } from './cedar/json-value.ts'
import type { Answer } from './cedar/policy-set.ts'
import type { Entity, Request } from './cedar/request.ts'
import { EntityReference, Extension, type Value } from './cedar/value.ts'
import { localTime } from './conditions.ts'
import type { Model, Models } from './model.ts'
import { ACTION, matches, partsOf, ROLE, USER } from './permissions.ts'
import type { AccessDependencies } from './roles.ts'
import { closureOf, covers } from './rules.ts'
import * as store from './store-grants.ts'

const NOTHING: ReadonlyMap<string, Value> = new Map()
/** Permissions that an answer shows. */
const MOST_SHOWN = 20

/** Decides what somebody may do, and records it. */
export class Decisions {
  readonly #dependencies: AccessDependencies
  readonly #models: Models

  constructor(dependencies: AccessDependencies, models: Models) {
    this.#dependencies = dependencies
    this.#models = models
  }

  /**
   * By roles and grants as they are committed now, on any server. Who is not there, or not active, may do nothing. Throws
   * SCOPE_MISSING for anybody but who asks, VALIDATION_FAILED for attributes and context that are none.
   */
  async authorize(principal: Principal, asked: Authorize): Promise<Authorized> {
    const userId = asked.user_id ?? principal.userId
    if (userId !== principal.userId || asked.explain) requireScopes(principal, ['access:decide'])
    if (userId === principal.userId && principal.lacksFactor) throw new DomainError('STEP_UP_REQUIRED')
    const [resource, context] = [read(asked, 'resource_attributes'), read(asked, 'context')]
    return tenantTransaction(this.#dependencies.database.app, principal.tenantId, async (tx) => {
      const model = await this.#models.read(tx)
      const at = microsecondsToDate(this.#dependencies.clock.now())
      const roles = model === null ? new Set<string>() : await this.#rolesOf(tx, model, userId, asked.resource, at)
      const request = requestOf(tx.tenantId, userId, asked, { roles, resource, context, at, zones: model?.zones ?? [] })
      const answer = model?.policies.isAuthorized(request) ?? NO_ANSWER
      const told = present(newId(this.#dependencies.clock.now()), model, answer, request, asked)
      await this.#record(tx, principal, userId, asked, told)
      return told
    })
  }

  /** All roles that somebody has on a resource, with those that these have. */
  async #rolesOf(tx: Tx, model: Model, userId: string, resource: string, at: Date): Promise<Set<string>> {
    const { type, id } = partsOf(resource)
    const held = await store.heldBy(tx, userId, at)
    const here = held.filter((one) => covers(one, { resource_type: type, resource_id: id }))
    return closureOf(
      model.parents,
      here.map(({ role_id }) => role_id),
    )
  }

  async #record(
    tx: Tx,
    by: Principal,
    userId: string,
    { resource, action }: Authorize,
    told: Authorized,
  ): Promise<void> {
    const data = {
      ...{ decision: told.decision_id, asked_for: userId === by.userId ? null : userId, action },
      ...{ roles: told.roles.map(({ id }) => id), version: told.version },
    }
    await this.#dependencies.record(tx, {
      ...{ event_type: 'access.decided', actor: actorOf(by), resource, action: 'authorize' },
      ...{ outcome: told.authorized ? 'Success' : 'Failure', data },
    })
  }
}

const NO_ANSWER: Answer = { decision: 'deny', determining: [], errors: [] }

function read(asked: Authorize, member: 'resource_attributes' | 'context'): Map<string, Value> {
  try {
    return new Map(readRecord(asked[member] as JsonValue)) // a body of JSON
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure
    throw new DomainError('VALIDATION_FAILED', { issues: [{ pointer: `/${member}`, message: failure.message }] })
  }
}

interface Known {
  roles: ReadonlySet<string>
  resource: Map<string, Value>
  context: Map<string, Value>
  at: Date
  zones: readonly string[]
}

/** What the engine is asked. The server's own words on time stand over the caller's. */
function requestOf(
  tenantId: string,
  userId: string,
  asked: Authorize,
  { roles, resource, context, at, zones }: Known,
): Request {
  const { type, id } = partsOf(asked.resource)
  const [who, what] = [new EntityReference(USER, userId), new EntityReference(type, id ?? '')]
  const entities = new Map<string, Entity>([
    [what.key, { attributes: resource, tags: NOTHING, ancestors: new Set() }],
    [
      who.key, // last: nobody describes themselves as a resource
      {
        attributes: new Map<string, Value>([
          ['id', userId],
          ['tenant_id', tenantId],
        ]),
        tags: NOTHING,
        ancestors: new Set([...roles].map((role) => new EntityReference(ROLE, role).key)),
      },
    ],
  ])
  const local = zones.map((zone) => [zone, new Map(Object.entries(localTime(at, zone)))] as const)
  context.set('now', new Extension('datetime', at.getTime())).set('local', new Map(local))
  const action = new EntityReference(ACTION, asked.action)
  return { principal: who, action, resource: what, context, entities: { find: (key) => entities.get(key) } }
}

function present(
  decision_id: string,
  model: Model | null,
  answer: Answer,
  request: Request,
  asked: Authorize,
): Authorized {
  const isAllowed = answer.decision === 'allow'
  const deciding = isAllowed ? answer.determining.flatMap(({ id }) => model?.permissions.get(id) ?? []) : []
  const roles = [...new Set(deciding.map(({ roleId }) => roleId))].map((id) => ({
    id,
    name: model?.names.get(id) ?? '',
  }))
  const { type } = partsOf(asked.resource)
  return {
    ...{ decision_id, authorized: isAllowed, roles, version: model?.version ?? 0 },
    reason: isAllowed ? `permitted by ${roles.map(({ name }) => name).join(', ')}` : whyNot(model, request, answer),
    required_permissions: isAllowed ? [] : [{ resource: type, action: asked.action }],
    ...(asked.explain && { explanation: explained(model, request) }),
  }
}

/** In words that tell who asks nothing of others' roles. */
function whyNot(model: Model | null, request: Request, { errors }: Answer): string {
  if (errors.length > 0) return 'a permission could not be evaluated: what it asks for has another type'
  const near = nearOf(model, request).some(({ policy }) => policy.fits(request))
  return near ? 'a condition of the permission does not hold' : 'no role that is held here permits it'
}

/** Permissions of this action on this resource, whoever has them. */
function nearOf(model: Model | null, { action, resource }: Request) {
  const asked = `${resource.type}/${resource.id}`
  return [...(model?.permissions.values() ?? [])].filter(({ permission }) => matches(permission, action.id, asked))
}

/** Nearest first: those whose conditions are all that is missing. */
function explained(model: Model | null, request: Request): NonNullable<Authorized['explanation']> {
  const near = nearOf(model, request).map((one) => ({ ...one, fits: one.policy.fits(request) }))
  return near
    .sort((a, b) => Number(b.fits) - Number(a.fits))
    .slice(0, MOST_SHOWN)
    .map(({ policy, roleId, permission: { resource, action } }) => {
      const { holds, parts } = explain(policy, request)
      return { role: model?.names.get(roleId) ?? '', resource, action, holds, parts }
    })
}
