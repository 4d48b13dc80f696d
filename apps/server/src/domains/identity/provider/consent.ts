import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ConsentAsked } from '@probity/contract'
import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'
import type { Principal } from '../../../platform/authority.ts'
import { DomainError } from '../../../platform/errors.ts'
import { type RecordEvent, recordOf } from '../../../platform/record.ts'
import type { Work } from '../../../platform/work.ts'
import type { Keys } from '../../keys/index.ts'
import { ownSession } from '../sessions.ts'
import { openPayload } from './artifacts.ts'
import type { TenantProviders } from './provider.ts'
import { listApplications } from './store-applications.ts'
import { listGrants } from './store-artifacts.ts'
import { readProof } from './store-people.ts'

export interface ConsentDependencies {
  work: Work
  keys: Keys
  record: RecordEvent
  providers: TenantProviders
}

/** The browser's request, which holds the cookie of what it began. */
export interface Browser {
  request: IncomingMessage
  response: ServerResponse
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/**
 * A person lets an application in, or does not. What is asked is found by a cookie of the browser that began it: who is lured
 * to agree to what another browser began finds nothing to agree to.
 */
export class Consent {
  readonly #dependencies: ConsentDependencies

  constructor(dependencies: ConsentDependencies) {
    this.#dependencies = dependencies
  }

  /** Throws NOT_FOUND where this browser has begun nothing. */
  async asked(principal: Principal, browser: Browser): Promise<ConsentAsked> {
    ownSession(principal)
    const { interaction } = await this.#begun(principal, browser)
    const { tenantId, userId } = principal
    const { work, keys } = this.#dependencies
    const id = String(interaction.params.client_id)
    const { application, grants } = await work.run(tenantId, async (tx) => ({
      application: (await listApplications(tx, id))[0],
      grants: await listGrants(tx, userId, work.now()),
    }))
    if (!application) throw new DomainError('NOT_FOUND')
    const own = await keys.subjects.ownKey(tenantId)
    const scopes = scopesOf(interaction)
    const was_granted = grants.some((grant) => {
      if (grant.application_id !== id) return false
      const { openid } = openPayload(tenantId, own, 'Grant', grant) as { openid?: { scope?: string } } // as the library keeps it
      const before = new Set(openid?.scope?.split(' '))
      return scopes.every((scope) => before.has(scope))
    })
    const is_device = interaction.deviceCode !== undefined
    return { application: { id, name: application.name }, scopes, was_granted, is_device }
  }

  /** Answers where the browser goes on. Throws NOT_FOUND, SCOPE_MISSING for a session that lacks a factor. */
  async answer(principal: Principal, grant: boolean, browser: Browser): Promise<{ redirect_to: string }> {
    const { work, record } = this.#dependencies
    const session = ownSession(principal)
    const { provider, interaction } = await this.#begun(principal, browser)
    const application = String(interaction.params.client_id)
    const happened = { resource: `application/${application}`, action: grant ? 'grant' : 'refuse' }
    const scopes = scopesOf(interaction)
    const proof = await work.run(principal.tenantId, async (tx) => {
      await recordOf(record, tx, principal, {
        ...{ event_type: grant ? 'application.granted' : 'application.refused', ...happened, data: { scopes } },
      })
      return readProof(tx, session)
    })
    if (proof === null) throw new DomainError('UNAUTHENTICATED')
    const { request, response } = browser
    const result = grant
      ? await granted(provider, principal, application, { scopes, proof })
      : { error: 'access_denied', error_description: 'the person does not let the application in' }
    const options = { mergeWithLastSubmission: false }
    return { redirect_to: await provider.interactionResult(request, response, result, options) }
  }

  async #begun(
    principal: Principal,
    { request, response }: Browser,
  ): Promise<{ provider: Provider; interaction: Interaction }> {
    if (principal.lacksFactor)
      throw new DomainError('SCOPE_MISSING', { reason: 'a second factor is demanded: add one first, or show it' })
    const provider = await this.#dependencies.providers.of(principal.tenantId)
    try {
      return { provider, interaction: await provider.interactionDetails(request, response) }
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error
      throw new DomainError('NOT_FOUND', { reason: 'no application waits for this browser; begin again there' })
    }
  }
}

async function granted(
  provider: Provider,
  { userId }: Principal,
  clientId: string,
  { scopes, proof }: { scopes: string[]; proof: { methods: string[]; at: Date } },
) {
  const grant = new provider.Grant({ accountId: userId, clientId })
  grant.addOIDCScope(scopes.join(' '))
  const login = {
    ...{ accountId: userId, remember: false, ts: Math.floor(proof.at.getTime() / 1000) },
    amr: proof.methods.filter((method) => method !== 'fed' && method !== 'remembered_device'),
    acr: proof.methods.length > 1 ? 'aal2' : 'aal1',
  }
  return { login, consent: { grantId: await grant.save() } }
}

function scopesOf({ params }: Interaction): string[] {
  return String(params.scope ?? '')
    .split(' ')
    .filter((scope) => scope !== '')
}
