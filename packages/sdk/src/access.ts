import type {
  AccessFiltered,
  AccessFound,
  AccessMoment,
  AccessReview,
  AuthorizeBatchInput,
  Authorized,
  AuthorizedBatch,
  AuthorizeInput,
  ChangeRole,
  CreateElevationInput,
  CreateExclusion,
  CreateGrantInput,
  CreateReviewInput,
  CreateRoleInput,
  DecideItem,
  EffectiveAccess,
  Elevation,
  ElevationRoles,
  FilterAccessInput,
  Grant,
  ReviewItem,
  Role,
  RoleExclusion,
  SearchAccessInput,
} from '@probity/contract'
import { IdentityClient } from './identity.ts'
import type { Listing } from './listing.ts'
import { type CallOptions, path, type Query } from './transport.ts'

/** Roles, who has them, and what they let somebody do. */
export class AccessClient extends IdentityClient {
  /** Whether you, or `user_id`, may do something; recorded. */
  authorize(asked: AuthorizeInput, options: CallOptions = {}): Promise<Authorized> {
    return this.transport.ask('/v1/auth/authorize', asked, options)
  }

  /** Many questions about one person at once; the answers are in their order. */
  authorizeAll(asked: AuthorizeBatchInput): Promise<AuthorizedBatch> {
    return this.transport.ask('/v1/auth/authorize/batch', asked)
  }

  /** What stands for now: give it as `at_least` to whatever has to know of what you changed. */
  accessMoment(): Promise<AccessMoment> {
    return this.transport.create('/v1/access/moments', {})
  }

  /** The condition under which you, or `user_id`, may do something with resources of a type: for a list that fetches nothing else. */
  accessFilter(asked: FilterAccessInput): Promise<AccessFiltered> {
    return this.transport.ask('/v1/auth/filter', asked)
  }

  /** What somebody may do: by which grants, which policies are of them, and since when each. */
  accessOf(userId: string): Promise<EffectiveAccess> {
    return this.transport.json('GET', path`/v1/users/${userId}/access`)
  }

  /** What you may do: the same of yourself, for which it takes nothing. */
  ownAccess(): Promise<EffectiveAccess> {
    return this.transport.json('GET', path`/v1/me/access`)
  }

  /** Who may do something: by which grants, what policies say of it, and since when each. */
  whoMay(asked: SearchAccessInput): Promise<AccessFound> {
    return this.transport.ask('/v1/access/search', asked)
  }

  roles(page: Query = {}): Promise<{ roles: Role[]; total: number; page: number; limit: number }> {
    return this.transport.json('GET', path`/v1/roles${page}`)
  }

  role(id: string): Promise<Role> {
    return this.transport.json('GET', path`/v1/roles/${id}`)
  }

  createRole(input: CreateRoleInput): Promise<Role> {
    return this.transport.create('/v1/roles', input)
  }

  /** It counts from the next decision on. */
  changeRole(id: string, change: ChangeRole): Promise<Role> {
    return this.transport.json('PATCH', path`/v1/roles/${id}`, change)
  }

  /** Takes away one that nobody has. */
  removeRole(id: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/roles/${id}`)
  }

  /** Campaigns: all as an administrator, else those in which you decide. */
  accessReviews(filter: Query = {}): Listing<'reviews', AccessReview> {
    return this.transport.list('reviews', (page) => path`/v1/access/reviews${{ ...filter, ...page }}`)
  }

  /** Has reviewers say of each grant whether it stays; what nobody answers in time ends. */
  createAccessReview(input: CreateReviewInput): Promise<AccessReview> {
    return this.transport.create('/v1/access/reviews', input)
  }

  /** Ends it before its time; nothing more is taken from anybody. */
  cancelAccessReview(id: string): Promise<AccessReview> {
    return this.transport.json('POST', `/v1/access/reviews/${id}/cancel`)
  }

  accessReview(id: string): Promise<AccessReview> {
    return this.transport.json('GET', path`/v1/access/reviews/${id}`)
  }

  /** Its grants, as they were when it began. */
  accessReviewItems(id: string, filter: Query = {}): Listing<'items', ReviewItem> {
    return this.transport.list('items', (page) => path`/v1/access/reviews/${id}/items${{ ...filter, ...page }}`)
  }

  /** Keeps a grant, or ends it at once. */
  decideAccessReviewItem(id: string, item: string, decision: DecideItem): Promise<ReviewItem> {
    return this.transport.json('POST', path`/v1/access/reviews/${id}/items/${item}/decide`, decision)
  }

  /** Roles that you asked for; as an administrator, that anybody did. */
  elevations(filter: Query = {}): Listing<'elevations', Elevation> {
    return this.transport.list('elevations', (page) => path`/v1/elevations${{ ...filter, ...page }}`)
  }

  /** Roles that you can ask for. */
  elevationRoles(page: Query = {}): Promise<ElevationRoles> {
    return this.transport.json('GET', path`/v1/elevations/roles${page}`)
  }

  elevation(id: string): Promise<Elevation> {
    return this.transport.json('GET', path`/v1/elevations/${id}`)
  }

  /** Asks for a role for oneself, for a while. */
  requestElevation(input: CreateElevationInput): Promise<Elevation> {
    return this.transport.create('/v1/elevations', input)
  }

  /** Gives the role, from now on for as long as was asked. */
  approveElevation(id: string): Promise<Elevation> {
    return this.transport.json('POST', path`/v1/elevations/${id}/approve`)
  }

  denyElevation(id: string): Promise<Elevation> {
    return this.transport.json('POST', path`/v1/elevations/${id}/deny`)
  }

  withdrawElevation(id: string): Promise<Elevation> {
    return this.transport.json('POST', path`/v1/elevations/${id}/withdraw`)
  }

  /** Pairs of roles that exclude each other. */
  roleExclusions(filter: Query = {}): Listing<'exclusions', RoleExclusion> {
    return this.transport.list('exclusions', (page) => path`/v1/role-exclusions${{ ...filter, ...page }}`)
  }

  /** From now on nobody has both (static), or uses both at once (dynamic). */
  excludeRoles(input: CreateExclusion): Promise<RoleExclusion> {
    return this.transport.create('/v1/role-exclusions', input)
  }

  removeExclusion(id: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/role-exclusions/${id}`)
  }

  /** Who has which role; of somebody, of a group, or of a role. */
  grants(filter: Query = {}): Listing<'grants', Grant> {
    return this.transport.list('grants', (page) => path`/v1/grants${{ ...filter, ...page }}`)
  }

  /** Gives a role, on everything, on a type or on one resource. */
  grantRole(input: CreateGrantInput): Promise<Grant> {
    return this.transport.create('/v1/grants', input)
  }

  /** Takes it back; it counts no more from the next decision on. */
  revokeGrant(id: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/grants/${id}`)
  }
}
