import { createHash } from 'node:crypto'
import { type Profile, SAML, ValidateInResponseTo } from '@node-saml/node-saml'
import type { SamlSettings } from '@probity/contract'
import { DomainError } from '../../platform/errors.ts'
import { elementsOf } from './saml-xml.ts'
import { type Marks, type Presented, REFUSED, type Told } from './told.ts'

/** Who we are at a provider. */
export interface ServiceProvider {
  entityId: string
  /** Assertion consumer service: where the provider has the browser post its answer. */
  consumer: string
}

/** Of an answer in base64. */
const MOST_BYTES = 200_000
const SKEW_MILLISECONDS = 60_000
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'
const EMAIL_FORMAT = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'

/** Algorithms that are not broken; a signature by another is none. */
const ALGORITHMS = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
])

/** Authentication contexts by which a provider says that it asked for more than one factor. */
const SECOND_FACTOR_CONTEXTS = new Set([
  'https://refeds.org/profile/mfa',
  'http://schemas.microsoft.com/claims/multipleauthn',
  'urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorContract',
  'urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorUnregistered',
  'urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken',
  'urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI',
])

/**
 * Log-ins by SAML 2.0, begun here (SAML Profiles §4.1): request by redirect, answer by post. The assertion is signed by a
 * certificate of the connection, and nothing but the bytes that are signed is read. What the library does not look at is
 * looked at here: algorithms, DTDs, issuer, recipient, that there is an audience and that it names us.
 */
export class SamlProviders {
  async start(settings: SamlSettings, us: ServiceProvider, marks: Marks): Promise<string> {
    return libraryFor(settings, us, marks).getAuthorizeUrlAsync('', undefined, {})
  }

  /** `parameters`: the form that the provider had the browser post. Throws CREDENTIALS_INVALID. */
  async finish(settings: SamlSettings, us: ServiceProvider, parameters: string, marks: Marks): Promise<Told> {
    return (await this.#read(settings, us, new URLSearchParams(parameters).get('SAMLResponse') ?? '', marks)).told
  }

  /** What a provider says that nobody asked (SAML Profiles §4.1.5). The caller sees to it that it is taken once. Throws CREDENTIALS_INVALID. */
  unsolicited(settings: SamlSettings, us: ServiceProvider, answer: string): Promise<Presented> {
    return this.#read(settings, us, answer, null)
  }

  async #read(settings: SamlSettings, us: ServiceProvider, answer: string, marks: Marks | null): Promise<Presented> {
    try {
      requireSound(answer)
      const { profile } = await libraryFor(settings, us, marks).validatePostResponseAsync({ SAMLResponse: answer })
      if (profile === null) throw new Error('no assertion')
      const { id, until, context } = requireForUs(
        settings,
        us,
        profile,
        marks === null ? undefined : requestIdOf(marks),
      )
      return { told: toldOf(settings, profile, context), hash: sha256(id), until }
    } catch {
      throw new DomainError('CREDENTIALS_INVALID', { reason: REFUSED })
    }
  }
}

/** Our metadata, for those providers that read it (SAML Metadata §2.4.4). */
export function metadataOf(settings: SamlSettings, us: ServiceProvider): string {
  return libraryFor(settings, us, null).generateServiceProviderMetadata(null, null)
}

/** The request's id comes from the token of the browser that began, so that only what it asked for answers it. */
function requestIdOf({ state }: Marks): string {
  return `_${sha256(state).toString('hex')}`
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function libraryFor(settings: SamlSettings, us: ServiceProvider, marks: Marks | null): SAML {
  const id = marks === null ? '' : requestIdOf(marks)
  return new SAML({
    ...{ issuer: us.entityId, audience: us.entityId, callbackUrl: us.consumer },
    ...{ entryPoint: settings.sso_url, idpCert: settings.certificates, idpIssuer: settings.entity_id },
    ...{ wantAssertionsSigned: true, wantAuthnResponseSigned: false },
    ...{ identifierFormat: null, disableRequestedAuthnContext: true, acceptedClockSkewMs: SKEW_MILLISECONDS },
    ...{
      generateUniqueId: () => id,
      validateInResponseTo: marks === null ? ValidateInResponseTo.never : ValidateInResponseTo.always,
    },
    // The one request that this answer may be to; that it is answered once is the caller's.
    cacheProvider: {
      saveAsync: async (_key, value) => ({ value, createdAt: Date.now() }),
      getAsync: async (key) => (key === id ? new Date().toISOString() : null),
      removeAsync: async () => null,
    },
  })
}

/** Before anything is verified: small, without a DTD, one response with one assertion, and no algorithm that is broken. */
function requireSound(answer: string): void {
  if (answer.length > MOST_BYTES) throw new Error('too long')
  const elements = elementsOf(Buffer.from(answer, 'base64').toString('utf8'))
  const named = (name: string) => elements.filter(({ localName }) => localName === name)
  if (named('Assertion').length !== 1 || named('EncryptedAssertion').length > 0) throw new Error('not one assertion')
  const used = [...named('SignatureMethod'), ...named('DigestMethod')].map((one) => one.getAttribute('Algorithm'))
  if (used.some((algorithm) => !ALGORITHMS.has(algorithm ?? ''))) throw new Error('a broken algorithm')
}

type Xml = { $?: Record<string, string>; _?: string } & { [name: string]: Xml[] | undefined }

/** What the signed assertion says of whom, when and for whom; `requestId` undefined: it must answer no request. Throws where it is not meant for us. */
function requireForUs(settings: SamlSettings, us: ServiceProvider, profile: Profile, requestId: string | undefined) {
  // As the library read it from the signed bytes.
  const assertion = (profile.getAssertion?.() as { Assertion?: Xml } | undefined)?.Assertion
  const [conditions, ...moreConditions] = assertion?.Conditions ?? []
  const [statement] = assertion?.AuthnStatement ?? []
  if (!assertion || !conditions || moreConditions.length > 0 || !statement) throw new Error('incomplete')
  if (assertion.Issuer?.[0]?._ !== settings.entity_id) throw new Error('another issuer')
  const audiences = (conditions.AudienceRestriction ?? []).map(({ Audience = [] }) => Audience.map(({ _ }) => _))
  if (audiences.length === 0 || !audiences.every((of) => of.includes(us.entityId))) throw new Error('another audience')
  const [subject, ...moreSubjects] = assertion.Subject ?? []
  if (!subject || moreSubjects.length > 0) throw new Error('not one subject')
  const ends = (subject.SubjectConfirmation ?? []).flatMap((one) => {
    const data = one.SubjectConfirmationData?.[0]?.$ ?? {}
    const isForUs = one.$?.Method === BEARER && data.Recipient === us.consumer && data.InResponseTo === requestId
    const end = Date.parse(data.NotOnOrAfter ?? '') + SKEW_MILLISECONDS
    return isForUs && end > Date.now() ? [end] : []
  })
  if (ends.length === 0) throw new Error('no bearer confirmation for us')
  const id = assertion.$?.ID
  if (!id) throw new Error('no id')
  const context = statement.AuthnContext?.[0]?.AuthnContextClassRef?.[0]?._ ?? null
  return { id, until: new Date(Math.max(...ends)), context }
}

function toldOf(settings: SamlSettings, profile: Profile, context: string | null): Told {
  const { nameID, nameIDFormat } = profile
  if (typeof nameID !== 'string' || nameID === '' || nameIDFormat === TRANSIENT) throw new Error('nobody for good')
  const attributes = profile.attributes as Record<string, unknown> | undefined
  const texts = (name: string | null): string[] => {
    const value = name === null || !attributes || !Object.hasOwn(attributes, name) ? [] : attributes[name]
    return (Array.isArray(value) ? value : [value]).filter(
      (one): one is string => typeof one === 'string' && one !== '',
    )
  }
  const [address] = texts(settings.email_attribute)
  const isAddress = nameIDFormat === EMAIL_FORMAT || nameID.includes('@')
  return {
    subject: nameID,
    email: address ?? (settings.email_attribute === null && isAddress ? nameID : null),
    isEmailVerified: true, // a tenant's own provider says who its people are
    name: texts(settings.name_attribute)[0] ?? null,
    groups: texts(settings.groups_attribute),
    session: null,
    methods: context !== null && SECOND_FACTOR_CONTEXTS.has(context) ? ['mfa'] : [],
  }
}
