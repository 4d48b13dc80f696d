import type { Permission } from '@probity/contract'
import { BoundedMap } from '../../platform/bounded-map.ts'
import { Breath } from '../../platform/breath.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { compilePolicy, type Policy } from './cedar/policy.ts'
import { PolicySet } from './cedar/policy-set.ts'
import { readPolicies } from './cedar/text.ts'
import { zonesOf } from './conditions.ts'
import { extentOf, policyOf } from './permissions.ts'
import type { Extent } from './rules.ts'
import {
  type Beside,
  type Deciding,
  type InForce,
  inForce,
  type Ruling,
  type RulingSource,
  type RulingVersion,
} from './rulings.ts'
import type { Exclusion } from './separation.ts'
import * as store from './store.ts'
import { listExclusions } from './store-exclusions.ts'

/** A permission of a role. */
export interface RolePermission {
  policy: Policy
  roleId: string
  permission: Permission
}

/** The roles and policies of a tenant as the engine has them: all of one version. */
export interface Model {
  /** 0: the roles of the tenant have not begun. */
  version: number
  policies: PolicySet
  /** The role and permission that each policy is of, by the policy's id. */
  permissions: ReadonlyMap<string, RolePermission>
  /** The same by what they are of: see `permissionsOf`. */
  byExtent: ReadonlyMap<string, readonly RolePermission[]>
  /** The policy that each other statement is of, by the statement's id. */
  rulings: ReadonlyMap<string, Deciding>
  /** Those that do not decide. */
  beside: readonly Beside[]
  names: ReadonlyMap<string, string>
  parents: readonly store.Parenthood[]
  exclusions: readonly Exclusion[]
  zones: readonly string[]
  /** Whether decisions look for entities that an application told of. */
  hasEntities: boolean
  /** Actions of which only a share of what is allowed is recorded. */
  sampledActions: ReadonlySet<string>
  recordedShare: number
}

interface Known {
  model: Model
  /** From when on, in milliseconds, and until when it is good, while no version says otherwise. */
  since: number
  until: number | null
}

const TENANTS = 1_000
const RULINGS = 20_000

/** Models that were read, each good while the database has the same version: what a change was decided by is never older than it. */
export class Models {
  readonly #known = new BoundedMap<string, Known>(TENANTS)
  /** Statements of versions, which never change. */
  readonly #statements = new BoundedMap<string, readonly Policy[]>(RULINGS)
  readonly #rulings: RulingSource

  constructor(rulings: RulingSource) {
    this.#rulings = rulings
  }

  /** In the transaction of the decision. */
  async read(tx: Tx, at: Date): Promise<Model> {
    const found = await store.readVersion(tx)
    if (found === null) return NOTHING
    const known = this.#known.get(tx.tenantId)
    if (known?.model.version === found.version && known.model.hasEntities === found.has_entities && isGood(known, at))
      return known.model
    const force = inForce(await this.#rulings(tx, at), at)
    const model = await this.#readModel(tx, found, force, known?.model ?? NOTHING)
    // A change that was committed meanwhile is of the next version, which the next decision reads.
    this.#known.set(tx.tenantId, { model, since: at.getTime(), until: force.until })
    return model
  }

  async #readModel(tx: Tx, found: store.VersionRow, { counting, shadows }: InForce, before: Model): Promise<Model> {
    const roles = await store.listRoles(tx, { offset: 0, limit: null })
    const parents = await store.listParents(tx)
    const rows = await store.listPermissions(tx)
    const permissions = new Map<string, RolePermission>()
    const breath = new Breath()
    for (const { role_id: roleId, permission_id, ...permission } of rows) {
      const id = `${roleId}/${permission_id}`
      // A permission never changes: other conditions are another permission.
      const policy = before.permissions.get(id)?.policy ?? policyOf(id, roleId, permission)
      permissions.set(id, { policy, roleId, permission })
      await breath.take()
    }
    const rulings = counting.map((one) => ({
      ...{ mode: one.enforcement_mode, since: one.effective_date, until: one.expiration_date },
      ...this.#ruling(tx.tenantId, one),
    }))
    const deciding = rulings.filter(({ mode }) => mode === 'Enforce')
    const own = [...permissions.values()].map(({ policy }) => policy)
    const idsOf = (policyId: string) =>
      new Set(
        deciding.filter((one) => one.policyId === policyId).flatMap(({ statements }) => statements.map(({ id }) => id)),
      )
    const beside = [
      ...rulings.flatMap(({ mode, since: _, until: __, ...one }) => (mode === 'Enforce' ? [] : [{ ...one, mode }])),
      ...shadows.map((one) => ({ mode: 'Shadow' as const, ...this.#ruling(tx.tenantId, one) })),
    ]
    return {
      ...{ version: found.version, permissions, parents, hasEntities: found.has_entities },
      byExtent: Map.groupBy(permissions.values(), ({ permission }) =>
        extentKey(permission.action, extentOf(permission.resource)),
      ),
      exclusions: await listExclusions(tx),
      policies: new PolicySet([...own, ...deciding.flatMap(({ statements }) => statements)]),
      rulings: new Map(deciding.flatMap((one) => one.statements.map(({ id }) => [id, one]))),
      beside: beside.map((one) => ({ ...one, replaces: idsOf(one.policyId) })),
      names: new Map(roles.map(({ id, name }) => [id, name])),
      zones: [...new Set(rows.flatMap(({ conditions }) => zonesOf(conditions)))],
      sampledActions: new Set(found.sampled_actions),
      recordedShare: found.recorded_share,
    }
  }

  #ruling(tenantId: string, one: RulingVersion): Ruling {
    const key = `${tenantId}/${one.policy_id}/${one.version}`
    const known = this.#statements.get(key)
    const statements = known ?? statementsOf(one.is_active ? one.cedar : '', `${one.policy_id}/${one.version}/`)
    if (!known) this.#statements.set(key, statements)
    return { policyId: one.policy_id, version: one.version, name: one.policy_name, statements }
  }
}

const NOTHING: Model = {
  ...{ version: 0, policies: new PolicySet([]), permissions: new Map(), rulings: new Map(), beside: [] },
  byExtent: new Map(),
  ...{ names: new Map(), parents: [], exclusions: [], zones: [], hasEntities: false },
  ...{ sampledActions: new Set<string>(), recordedShare: 1 },
}

/** Permissions of an action on a resource, whoever has them and whatever their conditions. */
export function permissionsOf({ byExtent }: Model, action: string, of: Extent): RolePermission[] {
  const { resource_type, resource_id } = of
  const wider: Extent[] = [
    { resource_type: null, resource_id: null },
    ...(resource_type === null ? [] : [{ resource_type, resource_id: null }]),
    ...(resource_id === null ? [] : [of]),
  ]
  return [action, ANY].flatMap((one) => wider.flatMap((extent) => byExtent.get(extentKey(one, extent)) ?? []))
}

const ANY = '*'

function extentKey(action: string, { resource_type, resource_id }: Extent): string {
  return JSON.stringify([action, resource_type, resource_id])
}

/** The policies of a text, compiled; each is called by its place in it, behind a prefix. Throws UnreadablePolicy. */
export function statementsOf(cedar: string, prefix = ''): Policy[] {
  return readPolicies(cedar).map(({ id, json }) => compilePolicy(`${prefix}${id}`, json))
}

function isGood({ since, until }: Known, at: Date): boolean {
  return since <= at.getTime() && (until === null || at.getTime() < until)
}
