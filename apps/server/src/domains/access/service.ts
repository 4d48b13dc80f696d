import type { Tx } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import { AuthZen } from './authzen.ts'
import { Decisions, type Difference } from './decisions.ts'
import { Effective } from './effective.ts'
import { AccessEntities } from './entities.ts'
import { Grants } from './grants.ts'
import { type Model, Models } from './model.ts'
import { RecordedRequests } from './recorded-requests.ts'
import { Replays } from './replay.ts'
import { type AccessDependencies, Roles } from './roles.ts'
import type { RulingSource } from './rulings.ts'

/** What access policies are to it, whose domain comes later. */
export interface PolicySource {
  rulings: RulingSource
  noteDifferences(tx: Tx, differences: readonly Difference[]): Promise<void>
}

/** Roles, grants and decisions. */
export class Access {
  readonly roles: Roles
  readonly grants: Grants
  readonly entities: AccessEntities
  readonly decisions: Decisions
  readonly effective: Effective
  readonly replays: Replays
  readonly authZen: AuthZen
  /** What decisions of a tenant rest on at a time. */
  readonly model: (tx: Tx, at: Date) => Promise<Model>

  constructor(dependencies: AccessDependencies & { keys: Keys; policies: PolicySource }) {
    const { keys, policies } = dependencies
    const models = new Models(policies.rulings)
    const requests = new RecordedRequests(keys)
    this.model = (tx, at) => models.read(tx, at)
    this.roles = new Roles(dependencies)
    this.grants = new Grants(dependencies, this.roles)
    this.entities = new AccessEntities(dependencies, this.roles)
    this.decisions = new Decisions({ ...dependencies, models, requests, noteDifferences: policies.noteDifferences })
    this.effective = new Effective(dependencies, models)
    this.replays = new Replays(dependencies, models, requests)
    this.authZen = new AuthZen(dependencies, this.decisions)
  }

  /** Of the tenant of a transaction: what counts is other policies, from its commit on. */
  policiesChanged(tx: Tx): Promise<void> {
    return this.roles.changed(tx)
  }
}
