import { randomBytes } from 'node:crypto'
import type { KeyLoggedIn, KeyLogin } from '@probity/contract'
import { formatToken, parseToken } from '@probity/core'
import type { Clock } from '../../platform/clock.ts'
import { DomainError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { hashToken, principalOf } from './authenticate.ts'
import { isTokenAlive } from './rules.ts'
import * as store from './store.ts'

export interface KeyLogInDependencies {
  work: Work
  clock: Clock
  tenancy: Tenancy
  record: RecordEvent
}

/** How long what is given for a key is good. */
const SECONDS = 900

/**
 * Applications that show an API token once and go on with one that soon ends: it may do the same, is no person's session,
 * can't be shown for another, and ends with the key at the latest (as RFC 6749 §4.4, without a refresh token).
 */
export class KeyLogIn {
  readonly #dependencies: KeyLogInDependencies

  constructor(dependencies: KeyLogInDependencies) {
    this.#dependencies = dependencies
  }

  /** Throws CREDENTIALS_INVALID, the same whatever is wrong with the key, and TENANT_SUSPENDED. */
  async logIn(input: KeyLogin): Promise<KeyLoggedIn> {
    const { work, clock, record } = this.#dependencies
    const tenantId = await this.#tenantOf(input)
    return work.run(tenantId, async (tx) => {
      const key = await store.findToken(tx, hashToken(input.api_secret))
      const at = work.now()
      if (key?.id !== input.api_key || key.issued_by !== null || !isTokenAlive(key, +at)) throw refused()
      if (!key.is_active) throw new DomainError('TENANT_SUSPENDED')
      const token = formatToken({ kind: 'at', tenantId, secret: randomBytes(32) })
      const ends = Math.min(+at + SECONDS * 1000, key.expires_at?.getTime() ?? Number.POSITIVE_INFINITY)
      const { name, scopes, created_by, made_by } = key
      const times = { created_at: at, expires_at: new Date(ends), last_used_at: null, revoked_at: null }
      const issued = { id: newId(clock.now()), name, scopes, created_by, made_by, issued_by: key.id, ...times }
      await store.dropIssued(tx, key.id, at)
      await store.insertToken(tx, issued, hashToken(token))
      await store.touchToken(tx, key.id, at)
      await recordOf(record, tx, principalOf(tenantId, key), {
        ...{ event_type: 'session.started', resource: `token/${issued.id}`, action: 'login' },
        data: { credential_type: 'api_key', key: key.id, expires_at: issued.expires_at.toISOString() },
      })
      return {
        ...{
          access_token: token,
          refresh_token: null,
          token_type: 'Bearer',
          expires_in: Math.floor((ends - +at) / 1000),
        },
        ...{ scope: scopes.join(' '), user_id: created_by, session_id: issued.id },
        ...{ mfa_required: false, must_add_factor: false, permissions: scopes },
      }
    })
  }

  async #tenantOf({ tenant, api_secret }: KeyLogin): Promise<string> {
    const parts = parseToken(api_secret)
    if (parts?.kind !== 'at' || parts.tenantId === null) throw refused()
    if (tenant !== undefined && (await this.#dependencies.tenancy.find(tenant)) !== parts.tenantId) throw refused()
    return parts.tenantId
  }
}

function refused(): DomainError {
  return new DomainError('CREDENTIALS_INVALID', {
    reason: 'the key is unknown or another’s, was revoked, or has ended',
  })
}
