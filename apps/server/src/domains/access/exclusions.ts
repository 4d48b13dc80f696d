import type { CreateExclusion, ExclusionQuery, RoleExclusion } from '@probity/contract'
import type { Principal } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { afterId, pageOf } from '../../platform/page.ts'
import { recordOf } from '../../platform/record.ts'
import { requireUnbroken } from './duties.ts'
import type { AccessDependencies, Roles } from './roles.ts'
import { readRole } from './store.ts'
import * as store from './store-exclusions.ts'

/** Which roles exclude each other. */
export class Exclusions {
  readonly #dependencies: AccessDependencies
  readonly #roles: Roles

  constructor(dependencies: AccessDependencies, roles: Roles) {
    this.#dependencies = dependencies
    this.#roles = roles
  }

  /** Throws CURSOR_INVALID. */
  async list(
    tenantId: string,
    { cursor, limit }: ExclusionQuery,
  ): Promise<{ exclusions: RoleExclusion[]; next_cursor: string | null }> {
    const after = afterId(cursor)
    const rows = await this.#roles.run(tenantId, (tx) => store.pageExclusions(tx, after, limit + 1))
    const { page, next_cursor } = pageOf(rows, limit, ({ id }) => id)
    return { exclusions: page.map(present), next_cursor }
  }

  /**
   * From now on nobody has both, or uses both at once; of two roles that exclude each other already it changes the kind.
   * Throws NOT_FOUND for a role that is not there, DUTIES_SEPARATED with how many have both, GRANT_REFUSED.
   */
  async create(principal: Principal, { kind, ...pair }: CreateExclusion): Promise<RoleExclusion> {
    return this.#roles.alter(principal.tenantId, async (tx) => {
      const [role_id = '', other_role_id = ''] = [pair.role_id, pair.other_role_id].sort()
      for (const id of [role_id, other_role_id])
        if (!(await readRole(tx, id))) throw new DomainError('NOT_FOUND', { reason: 'there is no such role' })
      const before = await store.kindOf(tx, role_id, other_role_id)
      if (before === 'static' && kind === 'dynamic')
        await this.#requireUnbound(tx, principal, { role_id, other_role_id })
      const at = this.#dependencies.work.now()
      const made = { id: newId(this.#dependencies.clock.now()), created_at: at, created_by: principal.userId }
      const row = await store.putExclusion(tx, { ...made, kind, role_id, other_role_id })
      await requireUnbroken(tx, row, at)
      await this.#record(tx, principal, 'created', row)
      return present(row)
    })
  }

  /** Throws NOT_FOUND, GRANT_REFUSED. */
  async remove(principal: Principal, id: string): Promise<void> {
    await this.#roles.alter(principal.tenantId, async (tx) => {
      const row = await store.deleteExclusion(tx, id)
      if (!row) throw new DomainError('NOT_FOUND')
      await this.#requireUnbound(tx, principal, row)
      await this.#record(tx, principal, 'removed', row)
    })
  }

  /** Nobody unbinds themselves. */
  async #requireUnbound(
    tx: Tx,
    principal: Principal,
    pair: Pick<store.ExclusionRow, 'role_id' | 'other_role_id'>,
  ): Promise<void> {
    const own = await this.#roles.ofHands(tx, principal)
    if (own.has(pair.role_id) || own.has(pair.other_role_id))
      throw new DomainError('GRANT_REFUSED', {
        reason: 'nobody takes away what keeps their own roles apart, nor makes it less; ask another administrator',
      })
  }

  async #record(tx: Tx, by: Principal, what: string, row: store.ExclusionRow): Promise<void> {
    const { id, kind, role_id, other_role_id } = row
    await recordOf(this.#dependencies.record, tx, by, {
      ...{ event_type: `role_exclusion.${what}`, resource: `role-exclusion/${id}`, action: what },
      ...{ risk_score: 40, data: { kind, roles: [role_id, other_role_id] } },
    })
  }
}

function present({ created_at, ...row }: store.ExclusionRow): RoleExclusion {
  return { ...row, created_at: created_at.toISOString() }
}
