import type {
  AccessFiltered,
  AccessFound,
  AuthorizeBatchInput,
  Authorized,
  AuthorizedBatch,
  AuthorizeInput,
  ChangeRole,
  CreateGrantInput,
  CreateRoleInput,
  EffectiveAccess,
  FilterAccessInput,
  Grant,
  Role,
  SearchAccessInput,
} from '@probity/contract'
import { IdentityClient } from './identity.ts'
import { type Query, query } from './transport.ts'

/** Roles, who has them, and what they let somebody do. */
export class AccessClient extends IdentityClient {
  /** Whether you, or `user_id`, may do something; recorded. */
  authorize(asked: AuthorizeInput): Promise<Authorized> {
    return this.transport.json('POST', '/v1/auth/authorize', asked)
  }

  /** Many questions about one person at once; the answers are in their order. */
  authorizeAll(asked: AuthorizeBatchInput): Promise<AuthorizedBatch> {
    return this.transport.json('POST', '/v1/auth/authorize/batch', asked)
  }

  /** The condition under which you, or `user_id`, may do something with resources of a type: for a list that fetches nothing else. */
  accessFilter(asked: FilterAccessInput): Promise<AccessFiltered> {
    return this.transport.json('POST', '/v1/auth/filter', asked)
  }

  /** What somebody may do, by which grants and since when. */
  accessOf(userId: string): Promise<EffectiveAccess> {
    return this.transport.json('GET', `/v1/users/${userId}/access`)
  }

  /** Who may do something, by which grants and since when. */
  whoMay(asked: SearchAccessInput): Promise<AccessFound> {
    return this.transport.json('POST', '/v1/access/search', asked)
  }

  roles(page: Query = {}): Promise<{ roles: Role[]; total: number; page: number; limit: number }> {
    return this.transport.json('GET', `/v1/roles${query(page)}`)
  }

  role(id: string): Promise<Role> {
    return this.transport.json('GET', `/v1/roles/${id}`)
  }

  createRole(input: CreateRoleInput): Promise<Role> {
    return this.transport.json('POST', '/v1/roles', input)
  }

  /** It counts from the next decision on. */
  changeRole(id: string, change: ChangeRole): Promise<Role> {
    return this.transport.json('PATCH', `/v1/roles/${id}`, change)
  }

  /** Takes away one that nobody has. */
  removeRole(id: string): Promise<null> {
    return this.transport.json('DELETE', `/v1/roles/${id}`)
  }

  /** Who has which role; of somebody, of a group, or of a role. */
  grants(filter: Query = {}): Promise<{ grants: Grant[]; next_cursor: string | null }> {
    return this.transport.json('GET', `/v1/grants${query(filter)}`)
  }

  /** Gives a role, on everything, on a type or on one resource. */
  grantRole(input: CreateGrantInput): Promise<Grant> {
    return this.transport.json('POST', '/v1/grants', input)
  }

  /** Takes it back; it counts no more from the next decision on. */
  revokeGrant(id: string): Promise<null> {
    return this.transport.json('DELETE', `/v1/grants/${id}`)
  }
}
