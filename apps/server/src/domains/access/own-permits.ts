import type { Permit } from '@probity/contract'
import type { RolePermits } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { accountOf, type Decisions } from './decisions.ts'
import { judge } from './judgement.ts'
import { OPENABLE_PERMITS, openedBy } from './opened.ts'
import { ask, type Question, readQuestion } from './question.ts'
import type { AccessDependencies } from './roles.ts'
import * as store from './store-grants.ts'

/** Roles over Probity's own routes: the same engine that decides for applications. */
export class OwnPermits implements RolePermits {
  readonly #dependencies: AccessDependencies
  readonly #decisions: Decisions

  constructor(dependencies: AccessDependencies, decisions: Decisions) {
    this.#dependencies = dependencies
    this.#decisions = decisions
  }

  /** By grants on everything or on all of a type. Policies take away; they give nothing here, since no administrator could stand over them. */
  now(tenantId: string, userId: string): Promise<{ permits: ReadonlySet<Permit>; until: Date | null }> {
    const options = { isolation: 'repeatable read', readOnly: true } as const
    return this.#dependencies.work.run(
      tenantId,
      async (tx) => {
        const at = this.#dependencies.work.now()
        const state = await this.#decisions.stateOf(tx, at, accountOf(userId), [])
        if (state.held.length === 0) return { permits: new Set<Permit>(), until: null }
        const permits = OPENABLE_PERMITS.filter((permit) => {
          const { answer } = judge(state.model, ask(state, questionOf(permit)))
          return answer.decision === 'allow' && answer.determining.some(({ id }) => state.model.permissions.has(id))
        })
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

  async ofGroup(tx: Tx, groupId: string): Promise<readonly Permit[]> {
    const at = this.#dependencies.work.now()
    const grants = await store.listGrants(tx, { userId: null, groupId, roleId: null, after: null, limit: 10_000 })
    const held = grants.filter(({ expires_at }) => expires_at === null || expires_at > at)
    return openedBy(
      tx,
      held.map(({ role_id }) => role_id),
    )
  }
}

const QUESTIONS = new Map<Permit, Question>()

/** Of the type as a whole: what is permitted of one thing alone opens no route. */
function questionOf(permit: Permit): Question {
  const known = QUESTIONS.get(permit)
  if (known) return known
  const [type = '', action = ''] = permit.split(':')
  const made = readQuestion({ resource: { type, id: '' }, action, resource_attributes: {}, context: {} }, '')
  QUESTIONS.set(permit, made)
  return made
}
