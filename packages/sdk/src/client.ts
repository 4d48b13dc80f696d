import type {
  AuditEvent,
  Consistency,
  CreateTenant,
  CreateToken,
  Erased,
  EraseSubject,
  ErasureRequest,
  Histogram,
  HistogramInput,
  OperationsState,
  RangeVerified,
  Scope,
  Tenant,
  Verification,
  VerifyRange,
} from '@probity/contract'
import { Listing } from './listing.ts'
import { PolicyClient } from './policies.ts'
import { type CallOptions, path, type Query } from './transport.ts'

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
export class Probity extends PolicyClient {
  /** Records events: one object, or up to 1,000 in an array. */
  send(events: object | object[], format = 'probity'): Promise<Written> {
    return this.transport.create(path`/v1/audit/events${{ format }}`, events)
  }

  /** Records a stream of NDJSON. */
  async ingest(body: ReadableStream<Uint8Array>, format = 'probity', encoding?: 'gzip' | 'zstd'): Promise<Ingested> {
    const headers = { 'content-type': 'application/x-ndjson', ...(encoding && { 'content-encoding': encoding }) }
    const answer = await this.transport.stream('POST', path`/v1/audit/ingest${{ format }}`, { headers, body })
    return (await answer.json()) as Ingested
  }

  /** A page of events, newest first. The filters travel in the body, so that no name lands in a URL. */
  events(filter: Query = {}): Listing<'events', AuditEvent, { total: number; has_more: boolean }> {
    return new Listing('events', (cursor) => this.transport.ask('/v1/audit/search', { ...filter, cursor }))
  }

  event(id: string, asked: { personal?: boolean } = {}): Promise<AuditEvent> {
    return this.transport.json('GET', path`/v1/audit/events/${id}${asked}`)
  }

  /** Proof that the log at one size continues the log at another. */
  consistency(from: number, to?: number): Promise<Consistency> {
    return this.transport.json('GET', path`/v1/audit/consistency${{ from, to }}`)
  }

  /** New events as they come, from an index on. It ends where the server or the network ends it: go on behind the last index. */
  async *tail(from?: number, { signal }: CallOptions = {}): AsyncGenerator<AuditEvent> {
    const answer = await this.transport.stream('GET', path`/v1/audit/tail${{ from }}`, { signal })
    const decoder = new TextDecoder()
    let rest = ''
    for await (const bytes of piecesOf(answer)) {
      const messages = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
      rest = messages.pop() ?? ''
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1]
        if (data !== undefined) yield JSON.parse(data) as AuditEvent
      }
    }
  }

  /** Receipt (tlog-proof) of an event. */
  receipt(eventId: string): Promise<string> {
    return this.transport.text(path`/v1/audit/events/${eventId}/receipt`)
  }

  checkpoint({ anchored = false } = {}): Promise<string> {
    return this.transport.text(path`/v1/audit/checkpoint${{ anchored }}`)
  }

  /** Origin and verifier keys of the log. */
  key(): Promise<{ origin: string; keys: string[]; anchor_keys: string[] }> {
    return this.transport.json('GET', '/v1/audit/key')
  }

  /** Turns to the next signing key; both sign while they overlap. */
  turnKey(): Promise<{ origin: string; keys: string[]; anchor_keys: string[] }> {
    return this.transport.create('/v1/audit/key/turn', {})
  }

  /** A range of the log, or what a search finds in it, as one stream. */
  async export(asked: Query = {}): Promise<ReadableStream<Uint8Array>> {
    const headers = { 'content-type': 'application/json' }
    const answer = await this.transport.stream('POST', '/v1/audit/export', { headers, body: JSON.stringify(asked) })
    return answer.body as ReadableStream<Uint8Array>
  }

  /** Has the server verify its stored log. */
  verify(range: Partial<VerifyRange> = {}): Promise<RangeVerified> {
    return this.transport.json('POST', '/v1/audit/verify', range)
  }

  /** What verifications found, the newest first. */
  verifications(filter: Query = {}): Listing<'verifications', Verification> {
    return this.transport.list('verifications', (page) => path`/v1/audit/verifications${{ ...filter, ...page }}`)
  }

  /** How many events match, by time and outcome. */
  histogram(asked: HistogramInput = {}): Promise<Histogram> {
    return this.transport.ask('/v1/audit/histogram', asked)
  }

  /** Erasures, with their certificates, the newest first. */
  erasures(filter: Query = {}): Listing<'erasures', ErasureRequest> {
    return this.transport.list('erasures', (page) => path`/v1/privacy/erasures${{ ...filter, ...page }}`)
  }

  /** How the installation does. */
  operations(): Promise<OperationsState> {
    return this.transport.json('GET', '/v1/operations')
  }

  /** Erases a person, named by pseudonym or by anything that leads to them. */
  erase(subject: string, request: Partial<EraseSubject> = {}): Promise<Erased> {
    return this.transport.json('DELETE', path`/v1/privacy/data-subjects/${subject}`, request)
  }

  createTenant(tenant: Partial<CreateTenant> & { name: string }): Promise<{ tenant: Tenant; setup_url: string }> {
    return this.transport.create('/v1/tenants', tenant)
  }

  tenants(filter: Query = {}): Listing<'tenants', Tenant> {
    return this.transport.list('tenants', (page) => path`/v1/tenants${{ ...filter, ...page }}`)
  }

  tenant(id: string): Promise<Tenant> {
    return this.transport.json('GET', path`/v1/tenants/${id}`)
  }

  renewSetupLink(id: string): Promise<{ tenant: Tenant; setup_url: string }> {
    return this.transport.json('POST', path`/v1/tenants/${id}/setup-link`, {})
  }

  setTenantActive(id: string, active: boolean): Promise<Tenant> {
    return this.transport.json('POST', path`/v1/tenants/${id}/${active ? 'reactivate' : 'suspend'}`, {})
  }

  createToken(token: CreateToken): Promise<TokenInfo & { token: string }> {
    return this.transport.create('/v1/tokens', token)
  }

  tokens(filter: Query = {}): Listing<'tokens', TokenInfo> {
    return this.transport.list('tokens', (page) => path`/v1/tokens${{ ...filter, ...page }}`)
  }

  revokeToken(id: string): Promise<TokenInfo> {
    return this.transport.json('DELETE', path`/v1/tokens/${id}`)
  }

  /** Turns to the next key epoch. */
  rotateKeys(): Promise<{ epoch: number; rewrapped: number; destroyed: boolean }> {
    return this.transport.json('POST', '/v1/keys/rotate', {})
  }

  turnAnchorKey(): Promise<{ keys: string[] }> {
    return this.transport.json('POST', '/v1/keys/turn-anchor', {})
  }

  /** Lets a log go on that was put back from a backup. */
  acceptRollback(tenantId: string, reason: string): Promise<{ lost_from: number; lost_until: number }> {
    return this.transport.json('POST', '/v1/audit/accept-rollback', { tenant_id: tenantId, reason })
  }
}

/** By a reader: not every browser goes through a stream by `for await`. Whoever stops early lets the stream go. */
async function* piecesOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  if (!reader) return
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value
  } finally {
    await reader.cancel().catch(() => undefined) // it failed, or was given up
  }
}
