import type { Permission } from '@probity/contract'
import { BoundedMap } from '../../platform/bounded-map.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import type { Policy } from './cedar/policy.ts'
import { PolicySet } from './cedar/policy-set.ts'
import { zonesOf } from './conditions.ts'
import { policyOf } from './permissions.ts'
import type { Exclusion } from './separation.ts'
import * as store from './store.ts'
import { listExclusions } from './store-exclusions.ts'

/** The roles of a tenant as the engine has them: all of one version. */
export interface Model {
  version: number
  policies: PolicySet
  /** The role and permission that each policy is of, by the policy's id. */
  permissions: ReadonlyMap<string, { policy: Policy; roleId: string; permission: Permission }>
  names: ReadonlyMap<string, string>
  parents: readonly store.Parenthood[]
  exclusions: readonly Exclusion[]
  zones: readonly string[]
}

const TENANTS = 1_000

/** Models that were read, each good while the database has the same version: what a change was decided by is never older than it. */
export class Models {
  readonly #known = new BoundedMap<string, Model>(TENANTS)

  /** In the transaction of the decision. Null: the tenant's roles have not begun. */
  async read(tx: Tx): Promise<Model | null> {
    const version = await store.readVersion(tx)
    if (version === null) return null
    const known = this.#known.get(tx.tenantId)
    if (known?.version === version) return known
    const model = await readModel(tx, version)
    // A change that was committed meanwhile is of the next version, which the next decision reads.
    this.#known.set(tx.tenantId, model)
    return model
  }
}

async function readModel(tx: Tx, version: number): Promise<Model> {
  const [roles, parents, rows] = [
    await store.listRoles(tx, { offset: 0, limit: null }),
    await store.listParents(tx),
    await store.listPermissions(tx),
  ]
  const permissions = new Map<string, { policy: Policy; roleId: string; permission: Permission }>()
  for (const { role_id: roleId, permission_id, ...permission } of rows) {
    const id = `${roleId}/${permission_id}`
    permissions.set(id, { policy: policyOf(id, roleId, permission), roleId, permission })
  }
  return {
    ...{ version, permissions, parents, exclusions: await listExclusions(tx) },
    policies: new PolicySet([...permissions.values()].map(({ policy }) => policy)),
    names: new Map(roles.map(({ id, name }) => [id, name])),
    zones: [...new Set(rows.flatMap(({ conditions }) => zonesOf(conditions)))],
  }
}
