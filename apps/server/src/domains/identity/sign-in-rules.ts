import type { ChangeSignInRules, SignInRules as Rules } from '@probity/contract'
import type { Principal } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, requireVersion } from '../../platform/errors.ts'
import type { RecordEvent } from '../../platform/record.ts'
import { isCertificate } from './attestation.ts'
import { recordOf } from './record.ts'
import * as store from './store-rules.ts'
import type { Work } from './work.ts'

export interface SignInRulesDependencies {
  work: Work
  record: RecordEvent
}

/** What a tenant asks of its people when they log in; it holds for sessions that there are as well, at once. */
export class SignInRules {
  readonly #dependencies: SignInRulesDependencies

  constructor(dependencies: SignInRulesDependencies) {
    this.#dependencies = dependencies
  }

  async get(tenantId: string): Promise<Rules> {
    return present(await this.#dependencies.work.run(tenantId, store.readRules))
  }

  /**
   * The rules, for who opens their account with a password (a directory's is a provider's) or a passkey. Throws PROVIDER_REQUIRED where that is a break-glass
   * account's alone, whose use is recorded.
   */
  async requireWay(
    tenantId: string,
    user: { id: string; is_break_glass: boolean },
    { byProvider = false } = {},
  ): Promise<store.RulesRow> {
    const { work, record } = this.#dependencies
    const rules = await work.look(tenantId, store.readRules)
    if (!rules.requires_provider || byProvider) return rules
    if (!user.is_break_glass) throw new DomainError('PROVIDER_REQUIRED')
    const used = { event_type: 'user.break_glass_used', resource: `user/${user.id}`, action: 'login', risk_score: 80 }
    await work.run(tenantId, (tx) => recordOf(record, tx, user.id, used))
    return rules
  }

  /** Throws VERSION_MISMATCH. */
  async change(principal: Principal, input: ChangeSignInRules): Promise<Rules> {
    const { work, record } = this.#dependencies
    const { version, ...asked } = input
    return work.change(principal.tenantId, async (tx) => {
      const at = work.now()
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
      if (asked.requires_provider) await requireWaysIn(tx)
      await store.updateRules(tx, rules, at)
      const changed = { event_type: 'sign_in_rules.changed', resource: 'sign_in_rules', action: 'change', data: asked }
      await recordOf(record, tx, principal, { ...changed, risk_score: 40 })
      return present(await store.readRules(tx))
    })
  }
}

function requireReadable(certificates: readonly string[]): void {
  for (const [i, one] of certificates.entries())
    if (!isCertificate(one))
      throw new DomainError('VALIDATION_FAILED', {
        issues: [{ pointer: `/authenticator_roots/${i}`, message: 'cannot be read as a certificate' }],
      })
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
