import { Decisions } from './decisions.ts'
import { Effective } from './effective.ts'
import { Elevations } from './elevations.ts'
import { Exclusions } from './exclusions.ts'
import { Grants } from './grants.ts'
import { Models } from './model.ts'
import { Reviews } from './reviews.ts'
import { type AccessDependencies, Roles } from './roles.ts'

/** Roles, grants and decisions. */
export class Access {
  readonly roles: Roles
  readonly exclusions: Exclusions
  readonly grants: Grants
  readonly elevations: Elevations
  readonly reviews: Reviews
  readonly decisions: Decisions
  readonly effective: Effective

  constructor(dependencies: AccessDependencies) {
    this.roles = new Roles(dependencies)
    this.exclusions = new Exclusions(dependencies, this.roles)
    this.grants = new Grants(dependencies, this.roles)
    this.elevations = new Elevations(dependencies, this.roles, this.grants)
    this.reviews = new Reviews(dependencies, this.roles, this.grants)
    const models = new Models()
    this.decisions = new Decisions(dependencies, models)
    this.effective = new Effective(dependencies, models)
  }
}
