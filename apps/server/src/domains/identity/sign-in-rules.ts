import type { ChangeSignInRules, SignInRules as Rules } from '@probity/contract'
import type { Principal } from '../../platform/authority.ts'
import { type Clock, microsecondsToDate } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { type Tx, tenantTransaction } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import type { RecordEvent } from '../../platform/record.ts'
import { recordOf } from './record.ts'
import * as store from './store-rules.ts'

export interface SignInRulesDependencies {
  database: Database
  clock: Clock
  record: RecordEvent
  /** Told when it is committed that who a token of the tenant stands for may be another now. */
  callersChanged(tenantId: string): void
}

/** What a tenant asks of its people when they log in; it holds for sessions that there are as well, at once. */
export class SignInRules {
  readonly #dependencies: SignInRulesDependencies

  constructor(dependencies: SignInRulesDependencies) {
    this.#dependencies = dependencies
  }

  async get(tenantId: string): Promise<Rules> {
    return present(await tenantTransaction(this.#dependencies.database.app, tenantId, store.readRules))
  }

  /** Throws VERSION_MISMATCH. */
  async change({ tenantId, userId }: Principal, input: ChangeSignInRules): Promise<Rules> {
    const { database, clock, record, callersChanged } = this.#dependencies
    const { version, ...asked } = input
    return tenantTransaction(database.app, tenantId, async (tx) => {
      tx.onCommit(() => callersChanged(tenantId))
      const at = microsecondsToDate(clock.now())
      const before = await store.readRules(tx)
      const held = await store.lockRules(tx, at)
      const now = before.version === 0 && held.version === 1 ? 0 : held.version
      if (version !== undefined && version !== now) throw new DomainError('VERSION_MISMATCH', { version: now })
      const rules = {
        requires_second_factor: asked.requires_second_factor ?? held.requires_second_factor,
        allows_sent_codes: asked.allows_sent_codes ?? held.allows_sent_codes,
        requires_provider: asked.requires_provider ?? held.requires_provider,
        remembered_device_days: asked.remembered_device_days ?? held.remembered_device_days,
      }
      if (asked.requires_provider) await requireWaysIn(tx)
      await store.updateRules(tx, rules, at)
      const changed = { event_type: 'sign_in_rules.changed', resource: 'sign_in_rules', action: 'change', data: asked }
      await recordOf(record, tx, userId, { ...changed, risk_score: 40 })
      return present(await store.readRules(tx))
    })
  }
}

async function requireWaysIn(tx: Tx): Promise<void> {
  const { provider, break_glass } = await store.hasProviderAndBreakGlass(tx)
  if (!provider) throw new DomainError('LAST_ADMINISTRATOR', { reason: 'add an identity provider first, and try it' })
  if (!break_glass)
    throw new DomainError('LAST_ADMINISTRATOR', {
      reason: 'first make an administrator’s account, with a password, a break-glass account: the provider may fail',
    })
}

function present({ updated_at, ...row }: store.RulesRow): Rules {
  return { ...row, updated_at: updated_at?.toISOString() ?? null }
}
