import { type Permit, partsOf } from '@probity/contract'
import type { RolePermits } from '../../platform/authority.ts'
import { Breath } from '../../platform/breath.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { requireSeparate } from './duties.ts'
import { judge } from './judgement.ts'
import { OPENABLE_PERMITS, openedBy } from './opened.ts'
import { ask, readQuestion } from './question.ts'
import type { AccessDependencies } from './roles.ts'
import { accountOf, type States } from './states.ts'
import { holdVersion } from './store.ts'
import * as store from './store-grants.ts'

/** Roles over Probity's own routes: the same engine that decides for applications. */
export class OwnPermits implements RolePermits {
  readonly #dependencies: AccessDependencies
  readonly #states: States

  constructor(dependencies: AccessDependencies, states: States) {
    this.#dependencies = dependencies
    this.#states = states
  }

  /** By grants on everything or on all of a type. Policies take away; they give nothing here, since no administrator could stand over them. */
  now(tenantId: string, userId: string): Promise<{ permits: ReadonlySet<Permit>; until: Date | null }> {
    const options = { isolation: 'repeatable read', readOnly: true } as const
    return this.#dependencies.work.run(
      tenantId,
      async (tx) => {
        const at = this.#dependencies.work.now()
        // Without what applications tell: who holds a token of one would open what they like.
        const state = await this.#states.of(tx, at, { who: accountOf(userId), resources: null })
        if (state.held.length === 0) return { permits: new Set<Permit>(), until: null }
        const permits: Permit[] = []
        const breath = new Breath()
        for (const { permit, question } of QUESTIONS) {
          const { answer } = judge(state.model, ask(state, question))
          const isByRole = answer.determining.some(({ id }) => state.model.permissions.has(id))
          if (answer.decision === 'allow' && isByRole) permits.push(permit)
          await breath.take()
        }
        const ends = state.held.flatMap(({ expires_at }) => expires_at?.getTime() ?? [])
        return { permits: new Set(permits), until: ends.length > 0 ? new Date(Math.min(...ends)) : null }
      },
      options,
    )
  }

  async ofUsers(tx: Tx, userIds: readonly string[]): Promise<readonly Permit[]> {
    const reached = await store.reachOf(tx, userIds, this.#dependencies.work.now())
    return openedBy(
      tx,
      reached.map(({ role_id }) => role_id),
    )
  }

  holdRoles(tx: Tx): Promise<void> {
    return holdVersion(tx)
  }

  async requireOwnerBeside(tx: Tx, userId: string): Promise<void> {
    await holdVersion(tx)
    const owners = await store.listOwners(tx)
    if (owners.length > 0 && owners.every((one) => one.user_id === userId)) throw new DomainError('LAST_OWNER')
  }

  async requireSeparateIn(tx: Tx, groupId: string, userId: string): Promise<void> {
    const at = this.#dependencies.work.now()
    for (const role_id of await this.#rolesOf(tx, groupId))
      await requireSeparate(tx, { role_id, user_id: userId, group_id: null }, at)
  }

  async ofGroup(tx: Tx, groupId: string): Promise<readonly Permit[]> {
    return openedBy(tx, await this.#rolesOf(tx, groupId))
  }

  async hasRoles(tx: Tx, groupId: string): Promise<boolean> {
    return (await this.#rolesOf(tx, groupId)).length > 0
  }

  async #rolesOf(tx: Tx, groupId: string): Promise<string[]> {
    const at = this.#dependencies.work.now()
    const grants = await store.listGrants(tx, { userId: null, groupId, roleId: null, after: null, limit: 10_000 })
    const held = grants.filter(({ expires_at }) => expires_at === null || expires_at > at)
    return [...new Set(held.map(({ role_id }) => role_id))]
  }
}

/** Of the type as a whole: what is permitted of one thing alone opens no route. */
const QUESTIONS = OPENABLE_PERMITS.map((permit) => {
  const { type, action } = partsOf(permit)
  return {
    permit,
    question: readQuestion({ resource: { type, id: '' }, action, resource_attributes: {}, context: {} }, ''),
  }
})
