import { randomUUID } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { generate } from 'selfsigned'
import { SignedXml } from 'xml-crypto'

/** What an assertion says; what is not given is as it should be. */
export interface Said {
  nameId?: string
  format?: string
  issuer?: string
  audience?: string | null
  recipient?: string
  /** null: it answers nothing. */
  inResponseTo?: string | null
  /** Milliseconds from now until it ends. */
  endsIn?: number
  attributes?: Record<string, string[]>
  context?: string
  method?: string
}

/** The request that a browser brings. */
export interface SamlRequest {
  id: string
  issuer: string
  consumer: string
}

const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const NAMESPACES =
  'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'

/** A key with the certificate that a provider signs by. */
export interface SigningKey {
  privateKey: string
  certificate: string
}

/** `address`: of the server that shows the certificate, where one does. */
export async function signingKey(address?: string, until?: Date): Promise<SigningKey> {
  const names = address === undefined ? [] : [{ type: 7 as const, ip: address }]
  const made = await generate([{ name: 'commonName', value: 'idp' }], {
    ...{ keySize: 2048, algorithm: 'sha256' },
    ...(until && { notBeforeDate: new Date(+until - 86_400_000), notAfterDate: until }),
    ...(names.length > 0 && { extensions: [{ name: 'subjectAltName', altNames: names }] }),
  })
  return { privateKey: made.private, certificate: made.cert }
}

/** Reads what stands in the address to which a browser is sent. */
export function requestIn(authorizationUrl: string): SamlRequest {
  const packed = new URL(authorizationUrl).searchParams.get('SAMLRequest') ?? ''
  const xml = inflateRawSync(Buffer.from(packed, 'base64')).toString()
  const find = (pattern: RegExp) => pattern.exec(xml)?.[1] ?? ''
  return {
    id: find(/\bID="([^"]+)"/),
    issuer: find(/<saml:Issuer[^>]*>([^<]+)</),
    consumer: find(/AssertionConsumerServiceURL="([^"]+)"/),
  }
}

/** An assertion that answers a request, unsigned. */
export function assertion(request: SamlRequest, said: Said = {}, id = `_${randomUUID()}`): string {
  const {
    endsIn = 300_000,
    audience = request.issuer,
    context = 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password',
  } = said
  const [now, end] = [new Date(Date.now() - 1000).toISOString(), new Date(Date.now() + endsIn).toISOString()]
  const {
    inResponseTo = request.id,
    recipient = request.consumer,
    method = 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
  } = said
  const attributes = Object.entries(said.attributes ?? {}).map(
    ([name, values]) =>
      `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`,
  )
  return (
    `<saml:Assertion ${NAMESPACES} ID="${id}" Version="2.0" IssueInstant="${now}"><saml:Issuer>${said.issuer ?? ENTITY}</saml:Issuer>` +
    `<saml:Subject><saml:NameID Format="${said.format ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'}">${said.nameId ?? 'ada'}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="${method}"><saml:SubjectConfirmationData NotOnOrAfter="${end}" Recipient="${recipient}"${inResponseTo === null ? '' : ` InResponseTo="${inResponseTo}"`}/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${now}" NotOnOrAfter="${end}">${audience === null ? '' : `<saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction>`}</saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="${now}"><saml:AuthnContext><saml:AuthnContextClassRef>${context}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    `<saml:AttributeStatement>${attributes.join('')}</saml:AttributeStatement></saml:Assertion>`
  )
}

export const ENTITY = 'https://idp.example/metadata'

/** Signs the element of a name in a document; the signature stands behind its issuer. */
export function sign(
  xml: string,
  element: 'Assertion' | 'Response',
  key: SigningKey,
  { signatureAlgorithm = RSA_SHA256, digestAlgorithm = SHA256, keyInfo = '' } = {},
): string {
  const signature = new SignedXml({
    ...{ privateKey: key.privateKey, signatureAlgorithm, canonicalizationAlgorithm: EXCLUSIVE },
    getKeyInfoContent: () => keyInfo,
  })
  const xpath = `//*[local-name(.)='${element}']`
  const transforms = ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', EXCLUSIVE]
  signature.addReference({ xpath, transforms, digestAlgorithm })
  signature.computeSignature(xml, {
    location: { reference: `${xpath}/*[local-name(.)='Issuer']`, action: 'after' },
    prefix: 'ds',
  })
  return signature.getSignedXml()
}

/** A response around what stands in it. */
export function response(request: SamlRequest, content: string, id = `_${randomUUID()}`): string {
  const now = new Date().toISOString()
  return (
    `<samlp:Response ${NAMESPACES} ID="${id}" Version="2.0" IssueInstant="${now}" Destination="${request.consumer}"${request.id === '' ? '' : ` InResponseTo="${request.id}"`}>` +
    `<saml:Issuer>${ENTITY}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>${content}</samlp:Response>`
  )
}

/** The form that a browser posts. */
export function formOf(xml: string): string {
  return new URLSearchParams({ SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: '' }).toString()
}

/** Metadata of the provider, as it would publish them; `more`: further elements of it. */
export function samlMetadata(
  certificate: string,
  { use = ' use="signing"', binding = 'HTTP-Redirect', more = '' } = {},
): string {
  const base64 = certificate.replaceAll(/-----[^-]+-----|\s/g, '')
  return (
    `<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${ENTITY}">${more}` +
    `<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor${use}>` +
    `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>\n${base64}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo>` +
    `</md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="https://idp.example/sso"/>` +
    `</md:IDPSSODescriptor></md:EntityDescriptor>`
  )
}
