import type { ScimBulk } from '@probity/contract'
import type { Json } from '@probity/core'
import type { Principal, RolePermits } from '../../../platform/authority.ts'
import type { Clock } from '../../../platform/clock.ts'
import { DomainError } from '../../../platform/errors.ts'
import { problemOf } from '../../../platform/http/problem.ts'
import type { RecordEvent } from '../../../platform/record.ts'
import type { Work } from '../../../platform/work.ts'
import type { Keys } from '../../keys/index.ts'
import type { Groups } from '../groups.ts'
import type { Links } from '../links.ts'
import type { Sessions } from '../sessions.ts'
import type { Users } from '../users.ts'
import { type Outcome, runBulk } from './bulk.ts'
import { Discovery } from './discovery.ts'
import { fault } from './fault.ts'
import { ScimGroups } from './groups.ts'
import { readPatch, scimError } from './messages.ts'
import { People, type Versioned } from './people.ts'
import { entityTag } from './person.ts'

export interface ScimDependencies {
  work: Work
  clock: Clock
  keys: Keys
  record: RecordEvent
  rolePermits: RolePermits
  links: Links
  sessions: Sessions
  users: Users
  groups: Groups
  /** Where people reach the server. */
  publicUrl(): string
}

/** What can be done with resources of one kind. */
export type Resources = Pick<People, 'create' | 'get' | 'list' | 'replace' | 'patch' | 'remove'>

/** SCIM 2.0 (RFC 7643, 7644) for the tenant of the token: a client is a service account with scope identity:provision. */
export class Scim {
  readonly discovery: Discovery
  readonly users: Resources
  readonly groups: Resources
  readonly #now: () => Date
  readonly #publicUrl: () => string

  constructor(dependencies: ScimDependencies) {
    this.#publicUrl = () => dependencies.publicUrl()
    const base = () => `${this.#publicUrl()}/scim/v2`
    this.discovery = new Discovery(base)
    this.users = new People({ ...dependencies, base })
    this.groups = new ScimGroups({ ...dependencies, base })
    this.#now = () => dependencies.work.now()
  }

  /** Does many operations in turn; what each came to is in the answer. Throws invalidSyntax, BODY_TOO_LARGE. */
  bulk(by: Principal, request: ScimBulk): Promise<Json> {
    return runBulk(
      request,
      (operation) => this.#perform(by, operation),
      (error) => this.#failed(error),
    )
  }

  async #perform(
    by: Principal,
    { method, path, version, data = null }: ScimBulk['Operations'][number],
  ): Promise<Outcome> {
    const [, kind = '', id] = /^\/(Users|Groups)(?:\/([^/?#]+))?$/.exec(path) ?? []
    if (kind === '' || (method === 'POST') !== (id === undefined))
      throw fault('invalidPath', 'a path is /Users or /Groups for POST, and has an id behind it for the rest')
    const resources = kind === 'Users' ? this.users : this.groups
    const location = `${this.discovery.base()}/${kind}`
    if (id === undefined) return done(201, location, await resources.create(by, data))
    if (method === 'PUT') return done(200, location, await resources.replace(by, id, data, version))
    if (method === 'PATCH') return done(200, location, await resources.patch(by, id, readPatch(data), version))
    await resources.remove(by, id, version)
    return { status: 204, location: `${location}/${id}`, version: null, response: null }
  }

  #failed(error: unknown): Outcome {
    const problem = problemOf(error, { requestId: '', now: this.#now(), publicUrl: this.#publicUrl() })
    if (problem.status >= 500 && !(error instanceof DomainError)) throw error // not the operation's fault: the request fails
    return { status: problem.status, location: null, version: null, response: scimError(problem) }
  }
}

function done(status: number, location: string, { resource, version }: Versioned): Outcome {
  return { status, location: `${location}/${resource.id}`, version: entityTag(version), response: null }
}
