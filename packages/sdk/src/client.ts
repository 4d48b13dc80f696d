import type {
  AcceptInvitation,
  Application,
  AuditEvent,
  ChangeApplication,
  ChangeConnection,
  ChangeGroup,
  ChangeServiceAccount,
  ChangeSignInRules,
  ChangeUser,
  Connection,
  CreateApplicationInput,
  CreateConnectionInput,
  CreatedApplication,
  CreateGroupInput,
  CreateServiceAccountInput,
  CreateTenant,
  CreateToken,
  CreateUser,
  Erased,
  EraseSubject,
  FederationStarted,
  FinishFederation,
  Group,
  GroupMember,
  Invited,
  LoggedIn,
  LoginAnswer,
  LoginInput,
  Problem,
  RangeVerified,
  Scope,
  ServiceAccount,
  Session,
  Setup,
  SignInRules,
  Tenant,
  User,
  UserRemoved,
  VerifyRange,
} from '@probity/contract'
import { ProbityError } from './error.ts'

export interface ClientOptions {
  /** Where the server is, such as http://127.0.0.1:4400. */
  url: string
  /** API token or session. */
  token?: string | undefined
}

export type Query = Record<string, string | number | boolean | undefined>

export interface Written {
  results: { status: string; event_id?: string; index?: number | null; code?: string; message?: string }[]
  accepted: number
  duplicate: number
  refused: number
  tree_size: number
}

export interface Ingested extends Omit<Written, 'results'> {
  lines: number
  refusals: { line: number; code: string; message: string; pointer?: string }[]
}

export interface TokenInfo {
  id: string
  name: string
  scopes: Scope[]
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  revoked_at: string | null
}

/** Client of the Probity API. Methods throw ProbityError with the server's problem. */
export class Probity {
  readonly #url: string
  readonly #token: string | undefined

  constructor({ url, token }: ClientOptions) {
    this.#url = url.replace(/\/+$/, '')
    this.#token = token
  }

  /** Makes the first administrator with a set-up link's token. */
  setUp(input: Setup): Promise<{ tenant_id: string; user_id: string; token: string; token_id: string }> {
    return this.#json('POST', '/v1/setup', input)
  }

  /**
   * Starts a session, whose access token is for another client: `new Probity({ url, token })`. Where `mfa_required` is
   * true, it is asked again with `mfa_code`.
   */
  logIn(input: LoginInput): Promise<LoginAnswer> {
    return this.#json('POST', '/v1/auth/login', input)
  }

  /** The next tokens of a session; the refresh token is good once. */
  refresh(refresh_token: string): Promise<LoggedIn> {
    return this.#json('POST', '/v1/auth/refresh', { refresh_token })
  }

  /** Ends the session whose token this client has. */
  logOut(): Promise<null> {
    return this.#json('POST', '/v1/auth/logout')
  }

  /** OpenID providers through which people of the tenant may log in. */
  connections(): Promise<{ connections: Connection[] }> {
    return this.#json('GET', '/v1/connections')
  }

  /** Adds one; its `redirect_uri` is to be registered there. */
  addConnection(input: CreateConnectionInput): Promise<Connection> {
    return this.#json('POST', '/v1/connections', input)
  }

  changeConnection(id: string, change: ChangeConnection): Promise<Connection> {
    return this.#json('PATCH', `/v1/connections/${id}`, change)
  }

  /** Takes it away; accounts stay. */
  removeConnection(id: string): Promise<null> {
    return this.#json('DELETE', `/v1/connections/${id}`)
  }

  /** Begins a log-in at a provider; the browser that asks keeps `request_token` until it comes back. */
  startFederation(tenant: string, connection: string): Promise<FederationStarted> {
    return this.#json('POST', '/v1/auth/sso', { tenant, connection })
  }

  /** Finishes it with what stands behind `?` in the address to which the provider sent the browser. */
  finishFederation(input: FinishFederation): Promise<LoggedIn> {
    return this.#json('POST', '/v1/auth/sso/finish', input)
  }

  /** What the tenant asks of a log-in. */
  signInRules(): Promise<SignInRules> {
    return this.#json('GET', '/v1/sign-in-rules')
  }

  /** Changes it; sessions that there are it binds as well. */
  changeSignInRules(change: ChangeSignInRules): Promise<SignInRules> {
    return this.#json('PATCH', '/v1/sign-in-rules', change)
  }

  /** Sessions of the person whose session this client has. */
  sessions(): Promise<{ sessions: Session[] }> {
    return this.#json('GET', '/v1/me/sessions')
  }

  /** Ends one of them, or without an id all others. */
  endSession(id?: string): Promise<{ ended: number } | null> {
    return this.#json('DELETE', id === undefined ? '/v1/me/sessions' : `/v1/me/sessions/${id}`)
  }

  /** Invites somebody; `invitation_url` is for you to hand over where the server sends no mail. */
  invite(user: Partial<CreateUser> & { email: string }): Promise<Invited> {
    return this.#json('POST', '/v1/users', user)
  }

  /** Sets the first password, with the token behind # of an invitation's link. */
  acceptInvitation(input: AcceptInvitation): Promise<{ tenant_id: string; user_id: string; username: string }> {
    return this.#json('POST', '/v1/auth/invitation', input)
  }

  user(id: string): Promise<User> {
    return this.#json('GET', `/v1/users/${id}`)
  }

  users(filter: Query = {}): Promise<{ users: User[]; next_cursor: string | null }> {
    return this.#json('GET', `/v1/users${query(filter)}`)
  }

  changeUser(id: string, change: ChangeUser): Promise<User> {
    return this.#json('PATCH', `/v1/users/${id}`, change)
  }

  /** Suspends, reactivates or deactivates somebody, or forgets their failed log-ins. */
  setUser(id: string, verb: 'suspend' | 'reactivate' | 'deactivate' | 'unlock'): Promise<User> {
    return this.#json('POST', `/v1/users/${id}/${verb}`)
  }

  /** Takes somebody away; the answer says where they are erased as a person. */
  removeUser(id: string): Promise<UserRemoved> {
    return this.#json('DELETE', `/v1/users/${id}`)
  }

  /** A page of the groups of people. */
  groups(page: Query = {}): Promise<{ groups: Group[]; next_cursor: string | null }> {
    return this.#json('GET', `/v1/groups${query(page)}`)
  }

  addGroup(input: CreateGroupInput): Promise<Group> {
    return this.#json('POST', '/v1/groups', input)
  }

  changeGroup(id: string, change: ChangeGroup): Promise<Group> {
    return this.#json('PATCH', `/v1/groups/${id}`, change)
  }

  removeGroup(id: string): Promise<null> {
    return this.#json('DELETE', `/v1/groups/${id}`)
  }

  /** A page of who is in a group. */
  groupMembers(id: string, page: Query = {}): Promise<{ members: GroupMember[]; next_cursor: string | null }> {
    return this.#json('GET', `/v1/groups/${id}/members${query(page)}`)
  }

  addToGroup(id: string, userId: string): Promise<null> {
    return this.#json('POST', `/v1/groups/${id}/members`, { user_id: userId })
  }

  takeFromGroup(id: string, userId: string): Promise<null> {
    return this.#json('DELETE', `/v1/groups/${id}/members/${userId}`)
  }

  /** Applications that people log in to through Probity. */
  applications(): Promise<{ applications: Application[] }> {
    return this.#json('GET', '/v1/applications')
  }

  /** Adds one; its secret is shown once. */
  addApplication(input: CreateApplicationInput): Promise<CreatedApplication> {
    return this.#json('POST', '/v1/applications', input)
  }

  changeApplication(id: string, change: ChangeApplication): Promise<Application & { client_secret: string | null }> {
    return this.#json('PATCH', `/v1/applications/${id}`, change)
  }

  removeApplication(id: string): Promise<null> {
    return this.#json('DELETE', `/v1/applications/${id}`)
  }

  /** Accounts of applications. */
  serviceAccounts(): Promise<{ service_accounts: ServiceAccount[] }> {
    return this.#json('GET', '/v1/service-accounts')
  }

  /** Makes one; `createToken` with its id gives it a token. */
  addServiceAccount(input: CreateServiceAccountInput): Promise<ServiceAccount> {
    return this.#json('POST', '/v1/service-accounts', input)
  }

  changeServiceAccount(id: string, change: ChangeServiceAccount): Promise<ServiceAccount> {
    return this.#json('PATCH', `/v1/service-accounts/${id}`, change)
  }

  /** Records events: one object, or up to 1,000 in an array. */
  send(events: object | object[], format = 'probity'): Promise<Written> {
    return this.#json('POST', `/v1/audit/events${query({ format })}`, events)
  }

  /** Records a stream of NDJSON. */
  ingest(body: ReadableStream<Uint8Array>, format = 'probity', encoding?: 'gzip' | 'zstd'): Promise<Ingested> {
    const headers = { 'content-type': 'application/x-ndjson', ...(encoding && { 'content-encoding': encoding }) }
    return this.#fetch('POST', `/v1/audit/ingest${query({ format })}`, headers, body).then(
      (answer) => answer.json() as Promise<Ingested>,
    )
  }

  /** A page of events, newest first. The filters travel in the body, so that no name lands in a URL. */
  events(
    filter: Query = {},
  ): Promise<{ events: AuditEvent[]; total: number; has_more: boolean; next_cursor: string | null }> {
    return this.#json('POST', '/v1/audit/search', filter)
  }

  /** New events as they come, from an index on. */
  async *tail(from?: number): AsyncGenerator<AuditEvent> {
    const answer = await this.#fetch('GET', `/v1/audit/tail${query({ from })}`, {})
    let rest = ''
    for await (const piece of (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
      const messages = (rest + piece).split('\n\n')
      rest = messages.pop() ?? ''
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1]
        if (data !== undefined) yield JSON.parse(data) as AuditEvent
      }
    }
  }

  /** Receipt (tlog-proof) of an event. */
  receipt(eventId: string): Promise<string> {
    return this.#text(`/v1/audit/events/${encodeURIComponent(eventId)}/receipt`)
  }

  checkpoint({ anchored = false } = {}): Promise<string> {
    return this.#text(`/v1/audit/checkpoint?anchored=${anchored}`)
  }

  /** Origin and verifier keys of the log. */
  key(): Promise<{ origin: string; keys: string[]; anchor_keys: string[] }> {
    return this.#json('GET', '/v1/audit/key')
  }

  /** Turns to the next signing key; both sign while they overlap. */
  turnKey(): Promise<{ origin: string; keys: string[]; anchor_keys: string[] }> {
    return this.#json('POST', '/v1/audit/key/turn')
  }

  /** A range or selection of the log as one stream. */
  async export(filter: Query = {}): Promise<ReadableStream<Uint8Array>> {
    const answer = await this.#fetch('GET', `/v1/audit/export${query(filter)}`, {})
    return answer.body as ReadableStream<Uint8Array>
  }

  /** Has the server verify its stored log. */
  verify(range: Partial<VerifyRange> = {}): Promise<RangeVerified> {
    return this.#json('POST', '/v1/audit/verify', range)
  }

  /** Erases a person, named by pseudonym or by anything that leads to them. */
  erase(subject: string, request: Partial<EraseSubject> = {}): Promise<Erased> {
    return this.#json('DELETE', `/v1/privacy/data-subjects/${encodeURIComponent(subject)}`, request)
  }

  createTenant(tenant: Partial<CreateTenant> & { name: string }): Promise<{ tenant: Tenant; setup_url: string }> {
    return this.#json('POST', '/v1/tenants', tenant)
  }

  tenants(page: Query = {}): Promise<{ tenants: Tenant[]; next_cursor: string | null }> {
    return this.#json('GET', `/v1/tenants${query(page)}`)
  }

  renewSetupLink(id: string): Promise<{ tenant: Tenant; setup_url: string }> {
    return this.#json('POST', `/v1/tenants/${encodeURIComponent(id)}/setup-link`, {})
  }

  setTenantActive(id: string, active: boolean): Promise<Tenant> {
    return this.#json('POST', `/v1/tenants/${encodeURIComponent(id)}/${active ? 'reactivate' : 'suspend'}`, {})
  }

  createToken(token: CreateToken): Promise<TokenInfo & { token: string }> {
    return this.#json('POST', '/v1/tokens', token)
  }

  tokens(page: Query = {}): Promise<{ tokens: TokenInfo[]; next_cursor: string | null }> {
    return this.#json('GET', `/v1/tokens${query(page)}`)
  }

  revokeToken(id: string): Promise<TokenInfo> {
    return this.#json('DELETE', `/v1/tokens/${encodeURIComponent(id)}`)
  }

  /** Turns to the next key epoch. */
  rotateKeys(): Promise<{ epoch: number; rewrapped: number; destroyed: boolean }> {
    return this.#json('POST', '/v1/keys/rotate', {})
  }

  turnAnchorKey(): Promise<{ keys: string[] }> {
    return this.#json('POST', '/v1/keys/turn-anchor', {})
  }

  /** Lets a log go on that was put back from a backup. */
  acceptRollback(tenantId: string, reason: string): Promise<{ lost_from: number; lost_until: number }> {
    return this.#json('POST', '/v1/audit/accept-rollback', { tenant_id: tenantId, reason })
  }

  async #json<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await this.#fetch(method, path, headers, body === undefined ? undefined : JSON.stringify(body))
    return (await answer.json()) as T
  }

  async #text(path: string): Promise<string> {
    return (await this.#fetch('GET', path, {})).text()
  }

  async #fetch(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string | ReadableStream<Uint8Array>,
  ): Promise<Response> {
    const authorization: Record<string, string> =
      this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }
    const request: RequestInit = {
      method,
      headers: { ...headers, ...authorization },
      ...(body !== undefined && { body }),
      ...(body instanceof ReadableStream && { duplex: 'half' as const }),
    }
    const answer = await fetch(this.#url + path, request)
    if (answer.ok) return answer
    throw new ProbityError(await problemOf(answer))
  }
}

async function problemOf(
  answer: Response,
): Promise<Pick<Problem, 'code' | 'status' | 'message' | 'details' | 'request_id'>> {
  const text = await answer.text()
  try {
    return JSON.parse(text) as Problem
  } catch {
    return {
      code: 'INTERNAL',
      status: answer.status,
      message: `the server answered ${answer.status}`,
      details: {},
      request_id: '',
    }
  }
}

function query(values: Query): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined)
  return set.length === 0
    ? ''
    : `?${new URLSearchParams(set.map(([key, value]): [string, string] => [key, String(value)]))}`
}
