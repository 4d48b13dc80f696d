import type {
  AcceptInvitation,
  Application,
  ChangeApplication,
  ChangeConnection,
  ChangeGroup,
  ChangeServiceAccount,
  ChangeSignInRules,
  ChangeUser,
  ClaimRealm,
  Connection,
  ConnectionCheck,
  CreateApplicationInput,
  CreateConnectionInput,
  CreatedApplication,
  CreateGroupInput,
  CreateServiceAccountInput,
  CreateUser,
  FactorList,
  FactorsReset,
  FederationStarted,
  FinishFederation,
  FoundRealm,
  Group,
  GroupMember,
  Impersonated,
  Invited,
  KeyLoggedIn,
  KeyLoginInput,
  LoggedIn,
  LoginAnswer,
  PersonLoginInput,
  ProviderKeys,
  Realm,
  RealmList,
  SamlProvider,
  ServiceAccount,
  Session,
  Setup,
  SignInRules,
  User,
  UserRemoved,
} from '@probity/contract'
import { AccountClient } from './account.ts'
import { Listing } from './listing.ts'
import { path, type Query } from './transport.ts'

/** People, groups, applications, and how each logs in. */
export class IdentityClient extends AccountClient {
  /** Makes the first administrator with a set-up link's token. */
  setUp(input: Setup): Promise<{ tenant_id: string; user_id: string; token: string; token_id: string }> {
    return this.transport.json('POST', '/v1/setup', input)
  }

  /**
   * Starts a session, whose access token is for another client: `new Probity({ url, token })`. Where `mfa_required` is
   * true, it is asked again with `mfa_code`.
   */
  logIn(input: PersonLoginInput): Promise<LoginAnswer> {
    return this.transport.json('POST', '/v1/auth/login', input)
  }

  /** A token of a few minutes for an application that shows its API token, so that the token itself seldom travels. */
  logInWithKey(input: Omit<KeyLoginInput, 'credential_type'>): Promise<KeyLoggedIn> {
    return this.transport.json('POST', '/v1/auth/login', { credential_type: 'api_key', ...input })
  }

  /** The next tokens of a session; the refresh token is good once. */
  refresh(refresh_token: string): Promise<LoggedIn> {
    return this.transport.json('POST', '/v1/auth/refresh', { refresh_token })
  }

  /** Ends the session whose token this client has. */
  logOut(): Promise<null> {
    return this.transport.json('POST', '/v1/auth/logout')
  }

  /** OpenID providers through which people of the tenant may log in. */
  connections(): Promise<{ connections: Connection[] }> {
    return this.transport.json('GET', '/v1/connections')
  }

  /** Adds one; its `redirect_uri` is to be registered there. */
  addConnection(input: CreateConnectionInput): Promise<Connection> {
    return this.transport.create('/v1/connections', input)
  }

  /** What a connection needs of the metadata (XML) that a SAML provider publishes. */
  readSamlMetadata(metadata: string): Promise<SamlProvider> {
    return this.transport.json('POST', '/v1/connections/saml-metadata', { metadata })
  }

  changeConnection(id: string, change: ChangeConnection): Promise<Connection> {
    return this.transport.json('PATCH', path`/v1/connections/${id}`, change)
  }

  /** Takes it away; accounts stay. */
  removeConnection(id: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/connections/${id}`)
  }

  /** Asks the provider now whether people could log in, and says what is wrong. */
  checkConnection(id: string): Promise<ConnectionCheck> {
    return this.transport.json('POST', path`/v1/connections/${id}/check`)
  }

  /** Begins a log-in at a provider; the browser that asks keeps `request_token` until it comes back. */
  startFederation(tenant: string, connection: string): Promise<FederationStarted> {
    return this.transport.json('POST', '/v1/auth/sso', { tenant, connection })
  }

  /** Finishes it with what stands behind `?` in the address to which the provider sent the browser. */
  finishFederation(input: FinishFederation): Promise<LoggedIn> {
    return this.transport.json('POST', '/v1/auth/sso/finish', input)
  }

  /** What the tenant asks of a log-in. */
  signInRules(): Promise<SignInRules> {
    return this.transport.json('GET', '/v1/sign-in-rules')
  }

  /** Changes it; sessions that there are it binds as well. */
  changeSignInRules(change: ChangeSignInRules): Promise<SignInRules> {
    return this.transport.json('PATCH', '/v1/sign-in-rules', change)
  }

  /** Invites somebody; `invitation_url` is for you to hand over where the server sends no mail. */
  invite(user: Partial<CreateUser> & { email: string }): Promise<Invited> {
    return this.transport.create('/v1/users', user)
  }

  /** Another invitation in the place of one that was lost. */
  inviteAgain(id: string): Promise<Invited> {
    return this.transport.json('POST', path`/v1/users/${id}/invitation`)
  }

  /** Sets the first password, with the token behind # of an invitation's link. */
  acceptInvitation(input: AcceptInvitation): Promise<{ tenant_id: string; user_id: string; username: string }> {
    return this.transport.json('POST', '/v1/auth/invitation', input)
  }

  user(id: string): Promise<User> {
    return this.transport.json('GET', path`/v1/users/${id}`)
  }

  users(filter: Query = {}): Listing<'users', User> {
    return new Listing('users', (cursor) => this.transport.ask('/v1/users/search', { ...filter, cursor }))
  }

  changeUser(id: string, change: ChangeUser): Promise<User> {
    return this.transport.json('PATCH', path`/v1/users/${id}`, change)
  }

  /** Suspends, reactivates or deactivates somebody, or forgets their failed log-ins. */
  setUser(id: string, verb: 'suspend' | 'reactivate' | 'deactivate' | 'unlock'): Promise<User> {
    return this.transport.json('POST', path`/v1/users/${id}/${verb}`)
  }

  /** Takes somebody away; the answer says where they are erased as a person. */
  removeUser(id: string): Promise<UserRemoved> {
    return this.transport.json('DELETE', path`/v1/users/${id}`)
  }

  /** A page of the groups of people. */
  groups(filter: Query = {}): Listing<'groups', Group> {
    return this.transport.list('groups', (page) => path`/v1/groups${{ ...filter, ...page }}`)
  }

  addGroup(input: CreateGroupInput): Promise<Group> {
    return this.transport.create('/v1/groups', input)
  }

  changeGroup(id: string, change: ChangeGroup): Promise<Group> {
    return this.transport.json('PATCH', path`/v1/groups/${id}`, change)
  }

  removeGroup(id: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/groups/${id}`)
  }

  /** A page of who is in a group. */
  groupMembers(id: string, filter: Query = {}): Listing<'members', GroupMember> {
    return this.transport.list('members', (page) => path`/v1/groups/${id}/members${{ ...filter, ...page }}`)
  }

  addToGroup(id: string, userId: string): Promise<null> {
    return this.transport.json('POST', path`/v1/groups/${id}/members`, { user_id: userId })
  }

  takeFromGroup(id: string, userId: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/groups/${id}/members/${userId}`)
  }

  /** Applications that people log in to through Probity. */
  applications(): Promise<{ applications: Application[] }> {
    return this.transport.json('GET', '/v1/applications')
  }

  /** Adds one; its secret is shown once. */
  addApplication(input: CreateApplicationInput): Promise<CreatedApplication> {
    return this.transport.create('/v1/applications', input)
  }

  changeApplication(id: string, change: ChangeApplication): Promise<CreatedApplication> {
    return this.transport.json('PATCH', path`/v1/applications/${id}`, change)
  }

  removeApplication(id: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/applications/${id}`)
  }

  /** Accounts of applications. */
  serviceAccounts(): Promise<{ service_accounts: ServiceAccount[] }> {
    return this.transport.json('GET', '/v1/service-accounts')
  }

  /** Makes one; `createToken` with its id gives it a token. */
  addServiceAccount(input: CreateServiceAccountInput): Promise<ServiceAccount> {
    return this.transport.create('/v1/service-accounts', input)
  }

  changeServiceAccount(id: string, change: ChangeServiceAccount): Promise<ServiceAccount> {
    return this.transport.json('PATCH', path`/v1/service-accounts/${id}`, change)
  }

  sessionsOf(userId: string): Promise<{ sessions: Session[] }> {
    return this.transport.json('GET', path`/v1/users/${userId}/sessions`)
  }

  factorsOf(userId: string): Promise<FactorList> {
    return this.transport.json('GET', path`/v1/users/${userId}/factors`)
  }

  /** Ends a session of anybody's. */
  endSessionOf(id: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/sessions/${id}`)
  }

  /** Takes away the factors of somebody who lost them; their sessions end. */
  resetFactors(userId: string): Promise<FactorsReset> {
    return this.transport.json('POST', path`/v1/users/${userId}/factors/reset`)
  }

  /** A session for half an hour that sees what somebody sees; each entry names both. */
  impersonate(userId: string, reason: string): Promise<Impersonated> {
    return this.transport.json('POST', path`/v1/users/${userId}/impersonate`, { reason })
  }

  /** Mail domains of the tenant. */
  domains(): Promise<RealmList> {
    return this.transport.json('GET', '/v1/domains')
  }

  /** Claims one, or sends its people to another provider. */
  claimDomain(input: ClaimRealm): Promise<Realm> {
    return this.transport.json('POST', '/v1/domains', input)
  }

  /** Looks at DNS whether it is yours. */
  verifyDomain(domain: string): Promise<Realm> {
    return this.transport.json('POST', path`/v1/domains/${domain}/verify`)
  }

  releaseDomain(domain: string): Promise<null> {
    return this.transport.json('DELETE', path`/v1/domains/${domain}`)
  }

  /** Which tenant and provider an address belongs to, by its domain alone. */
  findRealm(email: string): Promise<FoundRealm> {
    return this.transport.ask('/v1/auth/realm', { email })
  }

  /** Keys by which ID tokens are signed. */
  providerKeys(): Promise<ProviderKeys> {
    return this.transport.json('GET', '/v1/provider-keys')
  }

  turnProviderKeys(): Promise<ProviderKeys> {
    return this.transport.json('POST', '/v1/provider-keys/turn')
  }
}
