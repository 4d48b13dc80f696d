import type {
  ChangePolicy,
  CheckPolicy,
  CreatePolicy,
  Policy,
  PolicyQuery,
  PolicyTested,
  PolicyVersion,
} from '@probity/contract'
import type { Principal } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField, requireVersion } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { afterId, pageOf } from '../../platform/page.ts'
import { recordOf } from '../../platform/record.ts'
import { mailboxOf, normalizeName } from '../identity/index.ts'
import { formattedRules, requireRules, runTests, statementsIn } from './checking.ts'
import type { PolicyDependencies } from './dependencies.ts'
import { Life } from './life.ts'
import { presentPolicy, presentVersion } from './present.ts'
import * as store from './store.ts'
import { Trials } from './trials.ts'

/** Policies: what they say, version by version. */
export class Policies {
  readonly #dependencies: PolicyDependencies
  readonly life: Life
  readonly trials: Trials

  constructor(dependencies: PolicyDependencies) {
    this.#dependencies = dependencies
    this.trials = new Trials(dependencies)
    this.life = new Life(dependencies, this.trials)
  }

  /** By id, which is the order in which they were made. Throws CURSOR_INVALID. */
  async list(tenantId: string, query: PolicyQuery): Promise<{ policies: Policy[]; next_cursor: string | null }> {
    const { cursor, limit, policy_type, policy_name, state } = query
    const after = afterId(cursor)
    const folded = policy_name === undefined ? null : normalizeName(policy_name)
    const asked = { type: policy_type ?? null, folded, state: state ?? null, after, limit: limit + 1 }
    const rows = await this.#run(tenantId, (tx) => store.listPolicies(tx, this.#now(), asked))
    const { page, next_cursor } = pageOf(rows, limit, ({ id }) => id)
    return { policies: page.map(presentPolicy), next_cursor }
  }

  async get(tenantId: string, id: string): Promise<Policy> {
    return this.#run(tenantId, (tx) => this.#present(tx, id))
  }

  /** The first version is a draft. Throws NAME_TAKEN, VALIDATION_FAILED for rules and tests that cannot be read. */
  async create(principal: Principal, { policy_name, policy_type, ...input }: CreatePolicy): Promise<Policy> {
    await requireRules(policy_type, input.policy_rules, input.tests)
    return this.#run(principal.tenantId, async (tx) => {
      const at = this.#now()
      const id = newId(this.#dependencies.clock.now())
      const row = {
        id,
        policy_name,
        policy_type,
        version: 1,
        created_by: principal.userId,
        created_at: at,
        updated_at: at,
      }
      if (!(await store.insertPolicy(tx, row, normalizeName(policy_name)))) throw new DomainError('NAME_TAKEN')
      await this.#write(tx, principal, { ...input, ...datesOf(input) }, { id, version: 1, at })
      await this.#record(tx, principal, 'created', id, { policy_name, policy_type, version: 1 })
      return this.#present(tx, id)
    })
  }

  /** Writes another version, a draft; those before it stay as they are. Throws VERSION_MISMATCH, NOT_FOUND, VALIDATION_FAILED. */
  async change(principal: Principal, id: string, { version, ...input }: ChangePolicy): Promise<Policy> {
    return this.#run(principal.tenantId, async (tx) => {
      const held = await requirePolicy(tx, id)
      requireVersion(held.version, version)
      const before = await requireVersionRow(tx, id, held.version)
      const said = saidIn(before, input)
      await requireRules(held.policy_type, said.policy_rules, said.tests)
      await this.#another(tx, principal, held, said)
      return this.#present(tx, id)
    })
  }

  /** Writes a version that says again what an earlier one said, without its dates. */
  async rollBack(principal: Principal, id: string, toVersion: number): Promise<Policy> {
    return this.#run(principal.tenantId, async (tx) => {
      const held = await requirePolicy(tx, id)
      const said = await requireVersionRow(tx, id, toVersion)
      await this.#another(tx, principal, held, { ...said, effective_date: null, expiration_date: null })
      return this.#present(tx, id)
    })
  }

  /** The newest first. */
  async versions(tenantId: string, id: string): Promise<PolicyVersion[]> {
    return this.#run(tenantId, async (tx) => {
      const rows = await store.listVersions(tx, id)
      if (rows.length === 0) throw new DomainError('NOT_FOUND')
      return rows.map(presentVersion)
    })
  }

  async version(tenantId: string, id: string, version: number): Promise<PolicyVersion> {
    return this.#run(tenantId, async (tx) => presentVersion(await requireVersionRow(tx, id, version)))
  }

  /** Rules and tests that are tried without being written. Throws VALIDATION_FAILED. */
  async check({ policy_type, policy_rules, tests }: CheckPolicy): Promise<PolicyTested> {
    await requireRules(policy_type, policy_rules, tests)
    return runTests(statementsIn(policy_rules), tests)
  }

  /** Throws VALIDATION_FAILED for what cannot be read. */
  format(cedar: string): Promise<string> {
    return formattedRules(cedar)
  }

  async test(tenantId: string, id: string, version: number): Promise<PolicyTested> {
    const row = await this.#run(tenantId, (tx) => requireVersionRow(tx, id, version))
    return runTests(statementsIn(row.policy_rules), row.tests)
  }

  async #another(tx: Tx, principal: Principal, held: store.PolicyRow, said: Said): Promise<void> {
    const at = this.#now()
    const version = held.version + 1
    await this.#write(tx, principal, said, { id: held.id, version, at })
    await store.raiseVersion(tx, held.id, version, at)
    await this.#record(tx, principal, 'changed', held.id, {
      version,
      enforcement_mode: said.enforcement_mode,
      is_active: said.is_active,
    })
  }

  async #write(
    tx: Tx,
    principal: Principal,
    said: Said,
    { id, version, at }: { id: string; version: number; at: Date },
  ): Promise<void> {
    if (said.effective_date && said.expiration_date && said.expiration_date <= said.effective_date)
      throw refusedField('/expiration_date', 'is not after effective_date')
    await store.insertVersion(tx, {
      ...{ ...UNDECIDED, ...said, policy_id: id, version, state: 'draft' as const },
      ...{ created_by: principal.userId, created_at: at },
      author_mailbox: await mailboxOf(this.#dependencies.keys, tx, principal.userId),
    })
  }

  async #present(tx: Tx, id: string): Promise<Policy> {
    const found = await store.readPolicy(tx, id, this.#now())
    if (!found) throw new DomainError('NOT_FOUND')
    return presentPolicy(found)
  }

  async #record(tx: Tx, by: Principal, what: string, id: string, data: Record<string, unknown>): Promise<void> {
    await recordOf(this.#dependencies.record, tx, by, {
      ...{ event_type: `policy.${what}`, resource: `policy/${id}`, action: what },
      ...{ risk_score: 40, data },
    })
  }

  #run<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#dependencies.work.run(tenantId, work)
  }

  #now(): Date {
    return this.#dependencies.work.now()
  }
}

type Said = Pick<
  store.VersionRow,
  'description' | 'policy_rules' | 'tests' | 'enforcement_mode' | 'effective_date' | 'expiration_date' | 'is_active'
>

/** What a change does not say stays as it was. */
function saidIn(before: Said, input: ChangePolicy): Said {
  const { description = before.description, policy_rules = before.policy_rules, tests = before.tests } = input
  const { enforcement_mode = before.enforcement_mode, is_active = before.is_active } = input
  return { description, policy_rules, tests, enforcement_mode, is_active, ...datesOf(input, before) }
}

const UNDECIDED = {
  ...{ submitted_by: null, submitted_at: null, approved_by: null, decided_at: null },
  ...{ shadow_since: null, shadow_until: null },
}

function datesOf(
  { effective_date, expiration_date }: Pick<ChangePolicy, 'effective_date' | 'expiration_date'>,
  before: Pick<Said, 'effective_date' | 'expiration_date'> = { effective_date: null, expiration_date: null },
): Pick<Said, 'effective_date' | 'expiration_date'> {
  const read = (text: string | null | undefined, kept: Date | null) =>
    text === undefined ? kept : text === null ? null : new Date(text)
  return {
    effective_date: read(effective_date, before.effective_date),
    expiration_date: read(expiration_date, before.expiration_date),
  }
}

/** Held until the transaction ends. Throws NOT_FOUND. */
async function requirePolicy(tx: Tx, id: string): Promise<store.PolicyRow> {
  const row = await store.lockPolicy(tx, id)
  if (!row) throw new DomainError('NOT_FOUND')
  return row
}

/** Throws NOT_FOUND. */
async function requireVersionRow(tx: Tx, id: string, version: number): Promise<store.VersionRow> {
  const row = await store.readVersion(tx, id, version)
  if (!row) throw new DomainError('NOT_FOUND')
  return row
}
