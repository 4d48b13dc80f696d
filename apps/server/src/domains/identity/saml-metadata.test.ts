import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ENTITY, samlMetadata, signingKey } from '../../../test/support/saml.ts'
import { DomainError } from '../../platform/errors.ts'
import { providerIn } from './saml-metadata.ts'

let [certificate, other] = ['', '']
before(async () => {
  certificate = (await signingKey()).certificate
  other = (await signingKey()).certificate
})
const bare = (pem: string) => pem.replaceAll(/\s/g, '')
const reasonOf = (metadata: string): string => {
  try {
    providerIn(metadata)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'VALIDATION_FAILED') return JSON.stringify(error.details.issues)
    throw error
  }
  return 'taken'
}

test('metadata of a provider name it, where it takes requests, and what it signs by', () => {
  const read = providerIn(samlMetadata(certificate))
  assert.deepEqual([read.entity_id, read.sso_url], [ENTITY, 'https://idp.example/sso'])
  assert.deepEqual(read.certificates.map(bare), [bare(certificate)])
  assert.deepEqual(providerIn(samlMetadata(certificate, { use: '' })), read, 'a key without a use')
})

test('two certificates are taken while a provider changes them, and one for encryption is none', () => {
  const one = samlMetadata(certificate)
  const key = /<md:KeyDescriptor.*<\/md:KeyDescriptor>/s.exec(samlMetadata(other))?.[0] ?? ''
  const both = one.replace('<md:KeyDescriptor', `${key}<md:KeyDescriptor`)
  assert.deepEqual(providerIn(both).certificates.map(bare), [other, certificate].map(bare))
  const forEncryption = both.replace('use="signing"', 'use="encryption"')
  assert.deepEqual(providerIn(forEncryption).certificates.map(bare), [certificate].map(bare))
})

test('what is missing is said', () => {
  const good = samlMetadata(certificate)
  assert.match(reasonOf(samlMetadata(certificate, { binding: 'HTTP-POST' })), /HTTP-Redirect/)
  assert.match(reasonOf(samlMetadata(certificate, { use: ' use="encryption"' })), /no certificate that signs/)
  assert.match(reasonOf(good.replaceAll('IDPSSODescriptor', 'SPSSODescriptor')), /no identity provider/)
  assert.match(reasonOf(good.replace('entityID', 'id')), /entityID/)
  assert.match(reasonOf(good.replace('https://idp.example/sso', 'javascript:alert(1)')), /HTTP-Redirect/)
  assert.match(reasonOf(good.replace(bare(certificate).slice(60, 100), 'AAAA')), /certificate that cannot be read/)
  for (const text of ['', 'no XML', '<a', `<!DOCTYPE a [<!ENTITY b "c">]>${good.slice(21)}`, '<a>'.repeat(100)])
    assert.match(reasonOf(text), /cannot be read/, text.slice(0, 40))
  assert.match(reasonOf(good.replaceAll('SAML:2.0:metadata', 'SAML:2.0:other')), /no identity provider/)
})
