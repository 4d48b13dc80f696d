import type { PolicyVersion } from '@probity/contract'
import { IN_PERSON, isInPerson, type Principal } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { recordOf } from '../../platform/record.ts'
import { sharedOwner } from '../identity/index.ts'
import { runTests, statementsIn } from './checking.ts'
import type { PolicyDependencies } from './dependencies.ts'
import { presentVersion } from './present.ts'
import { beginOf } from './rules.ts'
import * as store from './store.ts'
import type { Trials } from './trials.ts'

const DAY = 86_400_000

/** How a version comes to count: draft, review, approval by a second person; and, beside what counts, in shadow. */
export class Life {
  readonly #dependencies: PolicyDependencies
  readonly #trials: Trials

  constructor(dependencies: PolicyDependencies, trials: Trials) {
    this.#dependencies = dependencies
    this.#trials = trials
  }

  /**
   * Asks for the approval of a version. Throws POLICY_TESTS_FAILED, POLICY_WARNINGS for what the analysis warns of and nobody
   * accepted, POLICY_STATE for one that is no draft.
   */
  async submit(principal: Principal, id: string, version: number, acceptWarnings: boolean): Promise<PolicyVersion> {
    const { findings } = await this.#trials.analyse(principal.tenantId, id, version)
    return this.#step(principal.tenantId, id, version, async (tx, row, policy) => {
      requireState(row, 'draft')
      if (policy.policy_type === 'Access') requirePassing(row)
      const warnings = findings.filter(({ is_warning }) => is_warning)
      if (warnings.length > 0 && !acceptWarnings)
        throw new DomainError('POLICY_WARNINGS', { findings: warnings.map(({ kind, message }) => ({ kind, message })) })
      const accepted = warnings.map(({ kind }) => kind)
      await this.#record(tx, principal, 'submitted', row, { accepted })
      return { ...row, state: 'in_review', submitted_by: principal.userId, submitted_at: this.#now() }
    })
  }

  /**
   * Lets a version count, from its date on. Throws APPROVAL_REFUSED for its author, who submitted it, another account of
   * theirs and whoever is not there in person; POLICY_STATE for one that is not in review, has ended, or is older than
   * one that was approved.
   */
  async approve(principal: Principal, id: string, version: number): Promise<PolicyVersion> {
    return this.#step(principal.tenantId, id, version, async (tx, row) => {
      const at = this.#now()
      requireState(row, 'in_review')
      await this.#requireSecond(tx, principal, row)
      const effective_date = beginOf(row.effective_date, at)
      if (row.expiration_date !== null && row.expiration_date <= effective_date)
        throw new DomainError('POLICY_STATE', { reason: 'its expiration_date is past; write a version with another' })
      const newer = (await store.listVersions(tx, id)).find((one) => one.state === 'approved' && one.version > version)
      if (newer) throw new DomainError('POLICY_STATE', { reason: `version ${newer.version} is approved already` })
      await this.#dependencies.access.policiesChanged(tx)
      const data = {
        effective_date: effective_date.toISOString(),
        enforcement_mode: row.enforcement_mode,
        is_active: row.is_active,
      }
      await this.#record(tx, principal, 'approved', row, data)
      return {
        ...row,
        state: 'approved',
        approved_by: principal.userId,
        decided_at: at,
        effective_date,
        shadow_since: null,
        shadow_until: null,
      }
    })
  }

  /** Sends a version back. Throws APPROVAL_REFUSED, POLICY_STATE as `approve` does. */
  async reject(principal: Principal, id: string, version: number): Promise<PolicyVersion> {
    return this.#step(principal.tenantId, id, version, async (tx, row) => {
      requireState(row, 'in_review')
      await this.#requireSecond(tx, principal, row)
      await this.#record(tx, principal, 'rejected', row, {})
      return { ...row, state: 'rejected', approved_by: principal.userId, decided_at: this.#now() }
    })
  }

  /** Has a version asked beside what counts for some days; 0 ends it. Throws POLICY_STATE for one that counts or will. */
  async shadow(principal: Principal, id: string, version: number, days: number): Promise<PolicyVersion> {
    return this.#step(principal.tenantId, id, version, async (tx, row, policy) => {
      if (row.state === 'approved' || policy.policy_type !== 'Access')
        throw new DomainError('POLICY_STATE', {
          reason: 'only a version of Access that is not approved is asked beside what counts',
        })
      const now = this.#now()
      await this.#dependencies.access.policiesChanged(tx)
      await this.#record(tx, principal, 'shadowed', row, { days })
      const since = row.shadow_since ?? now
      return { ...row, shadow_since: since, shadow_until: new Date(days === 0 ? now : now.getTime() + days * DAY) }
    })
  }

  /** One step of the life of a policy after the other: an approval that is sent twice counts once. */
  #step(
    tenantId: string,
    id: string,
    version: number,
    move: (tx: Tx, row: store.VersionRow, policy: store.PolicyRow) => Promise<store.VersionRow>,
  ): Promise<PolicyVersion> {
    return this.#dependencies.work.run(tenantId, async (tx) => {
      const policy = await store.lockPolicy(tx, id)
      const row = policy && (await store.readVersion(tx, id, version))
      if (!row) throw new DomainError('NOT_FOUND')
      const moved = await move(tx, row, policy)
      await store.moveVersion(tx, moved)
      return presentVersion(moved)
    })
  }

  /** Four eyes: a person who is there, and neither wrote it nor submitted it, by this account or another. */
  async #requireSecond(tx: Tx, principal: Principal, row: store.VersionRow): Promise<void> {
    if (!isInPerson(principal)) throw refused(IN_PERSON)
    const { keys } = this.#dependencies
    for (const by of new Set([row.created_by, row.submitted_by ?? row.created_by])) {
      const author = { by, at: row.created_at, mailbox: row.author_mailbox }
      const shared = await sharedOwner(keys, tx, principal.userId, author)
      if (shared !== null) throw refused(REASONS[shared])
    }
  }

  async #record(
    tx: Tx,
    by: Principal,
    what: string,
    row: store.VersionRow,
    data: Record<string, unknown>,
  ): Promise<void> {
    await recordOf(this.#dependencies.record, tx, by, {
      ...{ event_type: `policy.${what}`, resource: `policy/${row.policy_id}`, action: what },
      ...{ risk_score: 50, data: { version: row.version, ...data } },
    })
  }

  #now(): Date {
    return this.#dependencies.work.now()
  }
}

const REASONS = {
  account: 'nobody approves or rejects what they wrote or submitted',
  mailbox: 'mail to this account and to that of who wrote or submitted it ends in one mailbox',
  made: 'this account was made by who wrote or submitted it, after it was written',
  readdressed: 'who wrote or submitted it gave this account its address',
}

function refused(reason: string): DomainError {
  return new DomainError('APPROVAL_REFUSED', { reason })
}

function requireState({ state }: store.VersionRow, needed: store.VersionRow['state']): void {
  if (state !== needed) throw new DomainError('POLICY_STATE', { state, needed })
}

function requirePassing({ policy_rules, tests }: store.VersionRow): void {
  const { passed, failed, results } = runTests(statementsIn(policy_rules), tests)
  const names = results.filter(({ expected, decision }) => expected !== decision).map(({ name }) => name)
  if (failed > 0 || passed === 0) throw new DomainError('POLICY_TESTS_FAILED', { passed, failed, names })
}
