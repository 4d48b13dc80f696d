import type { Impersonated } from '@probity/contract'
import { type Principal, requireScopes } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import { type Keys, seal } from '../keys/index.ts'
import { hashToken } from './authenticate.ts'
import { keyOfPerson } from './profile.ts'
import { scopesOnBehalf } from './rules.ts'
import { type Client, locationOf, newToken, placeOf, type Sessions, tokenTypeOf } from './sessions.ts'
import { insertSession } from './store-sessions.ts'
import { lockPerson } from './store-users.ts'

export interface ImpersonationDependencies {
  work: Work
  clock: Clock
  keys: Keys
  record: RecordEvent
  sessions: Sessions
}

/** Seconds that an administrator acts as somebody, at most. */
const SECONDS = 1800

/** Sessions in which an administrator sees what somebody else sees; whatever is recorded in one names both. */
export class Impersonation {
  readonly #dependencies: ImpersonationDependencies
  readonly #work: Work

  constructor(dependencies: ImpersonationDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /**
   * Starts a session in which an administrator sees what somebody sees, for half an hour and without a refresh. Throws
   * STEP_UP_REQUIRED, NOT_FOUND, and SCOPE_MISSING where the person may see what the administrator may not.
   */
  async begin(principal: Principal, userId: string, reason: string, client: Client): Promise<Impersonated> {
    const { clock, keys, record, sessions } = this.#dependencies
    const { tenantId } = principal
    await sessions.requireRecent(principal)
    if (userId === principal.userId)
      throw new DomainError('VALIDATION_FAILED', { reason: 'nobody acts as themselves; you are logged in' })
    const at = this.#work.now()
    const [id, expires] = [newId(clock.now()), new Date(at.getTime() + SECONDS * 1000)]
    const access = newToken('se', tenantId)
    const key = await keyOfPerson(keys, tenantId, principal.userId)
    const sealed = seal(tenantId, [key], locationOf(id), Buffer.from(JSON.stringify(placeOf(client))))
    // Whose own session proves a key proves it here as well.
    const boundTo = principal.boundTo ?? null
    return this.#work.change(tenantId, async (tx) => {
      const user = await lockPerson(tx, userId)
      if (user?.status !== 'active') throw new DomainError('NOT_FOUND', { reason: 'there is no such active person' })
      const permissions = [...scopesOnBehalf(user)]
      requireScopes(principal, permissions)
      await insertSession(tx, {
        ...{ id, userId, hash: hashToken(access), goodUntil: expires, client: sealed, expires, isRemembered: false },
        ...{ methods: ['impersonation'], through: null, impersonatorId: principal.userId, boundTo, at },
      })
      await recordOf(record, tx, principal, {
        ...{ event_type: 'user.impersonated', resource: `user/${userId}`, action: 'impersonate', risk_score: 60 },
        data: { reason, session: id },
      })
      const expires_in = SECONDS
      const answer = { access_token: access, token_type: tokenTypeOf(boundTo), expires_in, session_id: id }
      return { ...answer, user_id: userId, permissions }
    })
  }
}
