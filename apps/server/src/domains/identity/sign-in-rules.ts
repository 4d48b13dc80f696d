import type { ChangeSignInRules, SignInRules as Rules } from '@probity/contract'
import type { Principal } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField, requireVersion } from '../../platform/errors.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import { isCertificate } from './attestation.ts'
import { isProvidersAlone } from './rules.ts'
import type { Sessions } from './sessions.ts'
import * as store from './store-rules.ts'
import { lockPeople } from './store-users.ts'

export interface SignInRulesDependencies {
  work: Work
  record: RecordEvent
  sessions: Sessions
}

/** What a tenant asks of its people when they log in; it holds for sessions that there are as well, at once. */
export class SignInRules {
  readonly #dependencies: SignInRulesDependencies

  constructor(dependencies: SignInRulesDependencies) {
    this.#dependencies = dependencies
  }

  async get(tenantId: string): Promise<Rules> {
    return this.#dependencies.work.run(tenantId, read)
  }

  /**
   * The rules, for who opens their account with a password (a directory's is a provider's) or a passkey. Throws PROVIDER_REQUIRED where that is a break-glass
   * account's alone.
   */
  async requireWay(
    tenantId: string,
    user: { is_break_glass: boolean },
    { byProvider = false } = {},
  ): Promise<store.RulesRow> {
    const rules = await this.#dependencies.work.look(tenantId, store.readRules)
    if (!byProvider && isProvidersAlone(rules, user)) throw new DomainError('PROVIDER_REQUIRED')
    return rules
  }

  /**
   * The same once more in the transaction of the session, which holds the user: the rule may have changed meanwhile. Records
   * that an account was opened past the provider.
   */
  async settleWay(tx: Tx, user: { id: string; is_break_glass: boolean }, { byProvider = false } = {}): Promise<void> {
    const rules = await store.readRules(tx)
    if (!rules.requires_provider || byProvider) return
    if (isProvidersAlone(rules, user)) throw new DomainError('PROVIDER_REQUIRED')
    const used = { event_type: 'user.break_glass_used', resource: `user/${user.id}`, action: 'login', risk_score: 80 }
    await recordOf(this.#dependencies.record, tx, user.id, used)
  }

  /**
   * Where a provider is required from now on, sessions that none opened end, but of break-glass accounts. Throws
   * VERSION_MISMATCH, PROVIDER_UNPROVEN, BREAK_GLASS_NEEDED.
   */
  async change(principal: Principal, input: ChangeSignInRules): Promise<Rules> {
    const { work, record, sessions } = this.#dependencies
    const { version, ...asked } = input
    return work.change(principal.tenantId, async (tx) => {
      const at = work.now()
      // Whoever logs in meanwhile is waited for, and those who wait for this see the new rule.
      if (asked.requires_provider) await lockPeople(tx)
      const before = await store.readRules(tx)
      const held = await store.lockRules(tx, at)
      const now = before.version === 0 && held.version === 1 ? 0 : held.version
      requireVersion(now, version)
      const rules = {
        requires_second_factor: asked.requires_second_factor ?? held.requires_second_factor,
        allows_sent_codes: asked.allows_sent_codes ?? held.allows_sent_codes,
        requires_provider: asked.requires_provider ?? held.requires_provider,
        remembered_device_days: asked.remembered_device_days ?? held.remembered_device_days,
        allowed_authenticators:
          asked.allowed_authenticators === undefined ? held.allowed_authenticators : asked.allowed_authenticators,
        authenticator_roots: asked.authenticator_roots ?? held.authenticator_roots,
      }
      requireReadable(rules.authenticator_roots)
      const isSwitched = rules.requires_provider && !held.requires_provider
      if (isSwitched) await requireWaysIn(tx)
      await store.updateRules(tx, rules, at)
      const sessions_ended = isSwitched ? await sessions.endPastProviders(tx) : 0
      const changed = { event_type: 'sign_in_rules.changed', resource: 'sign_in_rules', action: 'change' }
      const data = isSwitched ? { ...asked, sessions_ended } : asked
      await recordOf(record, tx, principal, { ...changed, data, risk_score: 40 })
      return read(tx)
    })
  }
}

function requireReadable(certificates: readonly string[]): void {
  for (const [i, one] of certificates.entries())
    if (!isCertificate(one)) throw refusedField(`/authenticator_roots/${i}`, 'cannot be read as a certificate')
}

async function requireWaysIn(tx: Tx): Promise<void> {
  const { is_provider_proven, break_glass_accounts } = await store.readStanding(tx)
  if (!is_provider_proven) throw new DomainError('PROVIDER_UNPROVEN')
  if (break_glass_accounts === 0) throw new DomainError('BREAK_GLASS_NEEDED')
}

async function read(tx: Tx): Promise<Rules> {
  const { updated_at, ...row } = await store.readRules(tx)
  return { ...row, updated_at: updated_at?.toISOString() ?? null, standing: await store.readStanding(tx) }
}
