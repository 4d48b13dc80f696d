import type { Tx } from '../../platform/database/transaction.ts'
import type { RecordEvents } from '../../platform/record.ts'
import type { DataKey, Keys } from '../keys/index.ts'
import { AuthZen } from './authzen.ts'
import { Decisions, type Difference } from './decisions.ts'
import { Effective } from './effective.ts'
import { Elevations } from './elevations.ts'
import { AccessEntities } from './entities.ts'
import { Exclusions } from './exclusions.ts'
import { Gateway, type SecondFactorAt } from './gateway.ts'
import { Grants } from './grants.ts'
import { type Model, Models } from './model.ts'
import { Moments } from './moments.ts'
import { OwnPermits } from './own-permits.ts'
import { RecordedRequests } from './recorded-requests.ts'
import { Replays } from './replay.ts'
import { Reviews } from './reviews.ts'
import { type AccessDependencies, Roles } from './roles.ts'
import type { RulingSource } from './rulings.ts'
import { States } from './states.ts'

/** What access policies are to it, whose domain comes later. */
export interface PolicySource {
  rulings: RulingSource
  noteDifferences(tx: Tx, key: DataKey, differences: readonly Difference[]): Promise<void>
}

/** Roles, grants and decisions. */
export class Access {
  readonly roles: Roles
  readonly exclusions: Exclusions
  readonly grants: Grants
  readonly entities: AccessEntities
  readonly elevations: Elevations
  readonly reviews: Reviews
  readonly moments: Moments
  readonly decisions: Decisions
  readonly effective: Effective
  readonly replays: Replays
  readonly authZen: AuthZen
  readonly ownPermits: OwnPermits
  readonly gateway: Gateway
  /** What decisions of a tenant rest on at a time. */
  readonly model: (tx: Tx, at: Date) => Promise<Model>

  constructor(
    dependencies: AccessDependencies & {
      keys: Keys
      recordAll: RecordEvents
      policies: PolicySource
      secondFactorAt: SecondFactorAt
    },
  ) {
    const { keys, policies } = dependencies
    const models = new Models(policies.rulings)
    const states = new States(models)
    const requests = new RecordedRequests(keys)
    this.model = (tx, at) => models.read(tx, at)
    this.roles = new Roles(dependencies)
    this.exclusions = new Exclusions(dependencies, this.roles)
    this.grants = new Grants(dependencies, this.roles)
    this.entities = new AccessEntities(dependencies, this.roles)
    this.elevations = new Elevations(dependencies, this.roles, this.grants)
    this.reviews = new Reviews(dependencies, this.roles, this.grants)
    this.moments = new Moments(dependencies)
    const { moments } = this
    this.decisions = new Decisions({
      ...dependencies,
      states,
      requests,
      moments,
      noteDifferences: policies.noteDifferences,
    })
    this.effective = new Effective(dependencies, states)
    this.replays = new Replays(dependencies, models, requests)
    this.authZen = new AuthZen(dependencies, this.decisions, states)
    this.ownPermits = new OwnPermits(dependencies, states)
    this.gateway = new Gateway(dependencies, this.decisions, this.authZen)
  }

  /** Of the tenant of a transaction: what counts is other policies, from its commit on. */
  policiesChanged(tx: Tx): Promise<void> {
    return this.roles.changed(tx)
  }
}
