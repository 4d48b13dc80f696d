import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT, UnsecuredJWT } from 'jose'
import { DomainError } from '../errors.ts'
import { type ProvenRequest, readProof } from './proof-of-possession.ts'

// RFC 9449 §4.1 and §7.1: the key of the examples, and what they sign.
const HEAD =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19'
const AT_TOKEN_ENDPOINT = `${HEAD}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`
const AT_RESOURCE = `${HEAD}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`
const EXAMPLE_TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
const EXAMPLE_THUMBPRINT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

const NOW = 1_562_262_617
const isRefused = (error: unknown) => error instanceof DomainError && error.code === 'DPOP_PROOF_INVALID'

test('the examples of RFC 9449 are read: §4.1 at the token endpoint, §7.1 with a token', async () => {
  const first = { method: 'POST', url: 'https://server.example.com/token', token: null }
  assert.deepEqual(await readProof(AT_TOKEN_ENDPOINT, first, NOW), {
    ...{ thumbprint: EXAMPLE_THUMBPRINT, id: '-BwC3ESc6acc2lTc' },
  })
  const second = { method: 'GET', url: 'https://resource.example.org/protectedresource?page=2', token: EXAMPLE_TOKEN }
  assert.equal((await readProof(AT_RESOURCE, second, NOW)).thumbprint, EXAMPLE_THUMBPRINT)
  for (const change of [{ method: 'POST' }, { url: 'https://resource.example.org/other' }, { token: 'another' }])
    await assert.rejects(readProof(AT_RESOURCE, { ...second, ...change }, NOW), isRefused)
  await assert.rejects(readProof(AT_RESOURCE, second, NOW + 120), isRefused)
  await assert.rejects(readProof(AT_TOKEN_ENDPOINT, { ...first, token: EXAMPLE_TOKEN }, NOW), isRefused)
})

const keys = await generateKeyPair('ES256', { extractable: true })
const publicJwk = await exportJWK(keys.publicKey)
const request: ProvenRequest = { method: 'POST', url: 'https://probity.example/v1/auth/login', token: 'token' }
const ath = createHash('sha256').update('token').digest('base64url')
const good = { jti: 'one', htm: 'POST', htu: request.url, iat: NOW, ath }
const signed = (claims: object, header: Partial<JWTHeaderParameters> & { jwk?: JWK } = {}) =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk, ...header })
    .sign(keys.privateKey)
/** A reader who only looks at what the proof says. */
const naive = (proof: string) => JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString()).ath === ath

test('a proof is good for its method, address, token and minute', async () => {
  assert.equal((await readProof(await signed(good), request, NOW)).id, 'one')
  assert.equal((await readProof(await signed({ ...good, htu: `${request.url}?q#f` }), request, NOW)).id, 'one')
})

const forged: Record<string, () => Promise<string>> = {
  unsigned: async () => `${new UnsecuredJWT({ ...good }).encode()}`,
  'of another type': () => signed(good, { typ: 'JWT' }),
  'signed by another key than it names': async () => {
    const other = await generateKeyPair('ES256', { extractable: true })
    return signed(good, { jwk: await exportJWK(other.publicKey) })
  },
  'with its private key': async () => signed(good, { jwk: await exportJWK(keys.privateKey) }),
  'by a shared secret': async () =>
    new SignJWT(good)
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'HS256', jwk: { kty: 'oct' } })
      .sign(Buffer.from('abcabcabcabcabcabcabcabcabcabcabc')),
  old: () => signed({ ...good, iat: NOW - 61 }),
  'of the future': () => signed({ ...good, iat: NOW + 61 }),
  'of another host': () => signed({ ...good, htu: 'https://elsewhere.example/v1/auth/login' }),
  'of another path': () => signed({ ...good, htu: 'https://probity.example/v1/auth/refresh' }),
  'of another method': () => signed({ ...good, htm: 'GET' }),
  'without an id': () => signed({ ...good, jti: undefined }),
}
for (const [what, make] of Object.entries(forged))
  test(`a proof is refused: ${what}`, async () => {
    const proof = await make()
    assert.ok(naive(proof), 'a careless reader takes it')
    await assert.rejects(readProof(proof, request, NOW), isRefused)
  })

test('a proof of another token, and one without any, is refused', async () => {
  for (const claims of [
    { ...good, ath: createHash('sha256').update('another').digest('base64url') },
    { ...good, ath: undefined },
  ])
    await assert.rejects(readProof(await signed(claims), request, NOW), isRefused)
})

test('whatever comes as a proof is refused or read, and is no fault', async () => {
  const proof = await signed(good)
  const changed = fc
    .tuple(fc.nat(proof.length - 1), fc.string({ minLength: 1, maxLength: 3, unit: 'binary' }))
    .map(([at, text]) => proof.slice(0, at) + text + proof.slice(at + text.length))
  await fc.assert(
    fc.asyncProperty(fc.oneof(changed, fc.string({ unit: 'binary' }), fc.base64String()), async (text) => {
      if (text === proof) return
      await assert.rejects(readProof(text, request, NOW), isRefused)
    }),
    { numRuns: 300 },
  )
})
