import { X509Certificate } from 'node:crypto'
import type { SamlProvider } from '@probity/contract'
import { type DomainError, refusedField } from '../../platform/errors.ts'
import { elementsOf, type XmlElement } from './saml-xml.ts'

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata'
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const MOST_CERTIFICATES = 5

/**
 * What a connection needs of the metadata of a provider (SAML Metadata §2.4.3). Its signature is not looked at: whoever
 * enters it vouches for it, as for a certificate. Throws VALIDATION_FAILED with what is missing.
 */
export function providerIn(metadata: string): SamlProvider {
  const elements = readable(metadata)
  const providers = elements.filter((one) => isMetadata(one, 'IDPSSODescriptor'))
  const [provider, ...more] = providers
  if (!provider) throw refused('holds no identity provider (IDPSSODescriptor)')
  if (more.length > 0) throw refused('holds several identity providers; enter one')
  const entity = elements.find((one) => one === provider.parentNode)
  const entity_id = entity?.getAttribute('entityID')
  if (!entity || !isMetadata(entity, 'EntityDescriptor') || !entity_id) throw refused('names no entityID')
  const within = elements.filter((one) => isWithin(one, provider))
  const service = within.find(
    (one) => isMetadata(one, 'SingleSignOnService') && one.getAttribute('Binding') === REDIRECT,
  )
  const sso_url = service?.getAttribute('Location')
  if (!sso_url || !/^https?:$/.test(URL.parse(sso_url)?.protocol ?? ''))
    throw refused('offers no log-in by HTTP-Redirect')
  return { entity_id, sso_url, certificates: certificatesIn(within) }
}

function readable(metadata: string): XmlElement[] {
  try {
    return elementsOf(metadata)
  } catch {
    throw refused('cannot be read: it must be XML without a DTD, of one provider')
  }
}

/** Those that sign; a key without a use serves both. */
function certificatesIn(elements: XmlElement[]): string[] {
  const keys = elements.filter((one) => isMetadata(one, 'KeyDescriptor') && one.getAttribute('use') !== 'encryption')
  const texts = elements
    .filter((one) => one.localName === 'X509Certificate' && keys.some((key) => isWithin(one, key)))
    .map((one) => (one.textContent ?? '').replaceAll(/\s/g, ''))
  const certificates = [...new Set(texts)].map(pemOf)
  if (certificates.length === 0) throw refused('holds no certificate that signs')
  if (certificates.length > MOST_CERTIFICATES)
    throw refused(`holds more than ${MOST_CERTIFICATES} certificates that sign`)
  return certificates
}

function pemOf(base64: string): string {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64')).toString()
  } catch {
    throw refused('holds a certificate that cannot be read')
  }
}

function isMetadata({ localName, namespaceURI }: XmlElement, name: string): boolean {
  return localName === name && namespaceURI === METADATA
}

function isWithin(one: XmlElement, outer: XmlElement): boolean {
  let parent = one.parentNode as XmlElement | null // the document, at last, has none
  while (parent !== null && parent !== outer) parent = parent.parentNode as XmlElement | null
  return parent === outer
}

function refused(message: string): DomainError {
  return refusedField('/metadata', message)
}
