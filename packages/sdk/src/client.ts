import type {
  AuditEvent,
  CreateTenant,
  CreateToken,
  Erased,
  EraseSubject,
  RangeVerified,
  Scope,
  Tenant,
  VerifyRange,
} from '@probity/contract'
import { PolicyClient } from './policies.ts'
import { type Query, query } from './transport.ts'

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
    return this.transport.json('POST', `/v1/audit/events${query({ format })}`, events)
  }

  /** Records a stream of NDJSON. */
  ingest(body: ReadableStream<Uint8Array>, format = 'probity', encoding?: 'gzip' | 'zstd'): Promise<Ingested> {
    const headers = { 'content-type': 'application/x-ndjson', ...(encoding && { 'content-encoding': encoding }) }
    return this.transport
      .fetch('POST', `/v1/audit/ingest${query({ format })}`, headers, body)
      .then((answer) => answer.json() as Promise<Ingested>)
  }

  /** A page of events, newest first. The filters travel in the body, so that no name lands in a URL. */
  events(
    filter: Query = {},
  ): Promise<{ events: AuditEvent[]; total: number; has_more: boolean; next_cursor: string | null }> {
    return this.transport.json('POST', '/v1/audit/search', filter)
  }

  /** New events as they come, from an index on. */
  async *tail(from?: number): AsyncGenerator<AuditEvent> {
    const answer = await this.transport.fetch('GET', `/v1/audit/tail${query({ from })}`, {})
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
    return this.transport.text(`/v1/audit/events/${encodeURIComponent(eventId)}/receipt`)
  }

  checkpoint({ anchored = false } = {}): Promise<string> {
    return this.transport.text(`/v1/audit/checkpoint?anchored=${anchored}`)
  }

  /** Origin and verifier keys of the log. */
  key(): Promise<{ origin: string; keys: string[]; anchor_keys: string[] }> {
    return this.transport.json('GET', '/v1/audit/key')
  }

  /** Turns to the next signing key; both sign while they overlap. */
  turnKey(): Promise<{ origin: string; keys: string[]; anchor_keys: string[] }> {
    return this.transport.json('POST', '/v1/audit/key/turn')
  }

  /** A range or selection of the log as one stream. */
  async export(filter: Query = {}): Promise<ReadableStream<Uint8Array>> {
    const answer = await this.transport.fetch('GET', `/v1/audit/export${query(filter)}`, {})
    return answer.body as ReadableStream<Uint8Array>
  }

  /** Has the server verify its stored log. */
  verify(range: Partial<VerifyRange> = {}): Promise<RangeVerified> {
    return this.transport.json('POST', '/v1/audit/verify', range)
  }

  /** Erases a person, named by pseudonym or by anything that leads to them. */
  erase(subject: string, request: Partial<EraseSubject> = {}): Promise<Erased> {
    return this.transport.json('DELETE', `/v1/privacy/data-subjects/${encodeURIComponent(subject)}`, request)
  }

  createTenant(tenant: Partial<CreateTenant> & { name: string }): Promise<{ tenant: Tenant; setup_url: string }> {
    return this.transport.json('POST', '/v1/tenants', tenant)
  }

  tenants(page: Query = {}): Promise<{ tenants: Tenant[]; next_cursor: string | null }> {
    return this.transport.json('GET', `/v1/tenants${query(page)}`)
  }

  renewSetupLink(id: string): Promise<{ tenant: Tenant; setup_url: string }> {
    return this.transport.json('POST', `/v1/tenants/${encodeURIComponent(id)}/setup-link`, {})
  }

  setTenantActive(id: string, active: boolean): Promise<Tenant> {
    return this.transport.json('POST', `/v1/tenants/${encodeURIComponent(id)}/${active ? 'reactivate' : 'suspend'}`, {})
  }

  createToken(token: CreateToken): Promise<TokenInfo & { token: string }> {
    return this.transport.json('POST', '/v1/tokens', token)
  }

  tokens(page: Query = {}): Promise<{ tokens: TokenInfo[]; next_cursor: string | null }> {
    return this.transport.json('GET', `/v1/tokens${query(page)}`)
  }

  revokeToken(id: string): Promise<TokenInfo> {
    return this.transport.json('DELETE', `/v1/tokens/${encodeURIComponent(id)}`)
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
