import { Decisions } from './decisions.ts'
import { Grants } from './grants.ts'
import { type AccessDependencies, Roles } from './roles.ts'

/** Roles, grants and decisions. */
export class Access {
  readonly roles: Roles
  readonly grants: Grants
  readonly decisions: Decisions

  constructor(dependencies: AccessDependencies) {
    this.roles = new Roles(dependencies)
    this.grants = new Grants(dependencies, this.roles)
    this.decisions = new Decisions(dependencies)
  }
}
