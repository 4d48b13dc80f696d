import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { SignedXml } from 'xml-crypto'
import {
  assertion,
  ENTITY,
  formOf,
  requestIn,
  response,
  type Said,
  type SamlRequest,
  type SigningKey,
  sign,
  signingKey,
} from '../support/saml.ts'
import { type TestServer, testServer, until } from '../support/server.ts'

const { DOMParser } = createRequire(import.meta.url)('@xmldom/xmldom') as {
  DOMParser: new () => {
    parseFromString(xml: string, type: string): { getElementsByTagName(name: string): ArrayLike<Node> }
  }
}
interface Node {
  localName: string
  childNodes?: ArrayLike<Node>
  textContent: string
  toString(): string
}

let server: TestServer
let key: SigningKey
let other: SigningKey
let id: string
before(async () => {
  ;[key, other] = [await signingKey(), await signingKey()]
  server = await testServer({ public_url: 'https://probity.example' })
  const made = await server.call('POST', '/v1/connections', {
    ...{ kind: 'saml', name: 'idp', creates_accounts: true },
    settings: { entity_id: ENTITY, sso_url: 'https://idp.example/sso', certificates: [key.certificate] },
  })
  assert.equal(made.status, 201, made.text)
  id = made.body.id
})
after(() => server.stop())

const GOOD: Said = { nameId: 'mallory@elsewhere.example' }
const EVIL: Said = { nameId: 'admin@elsewhere.example' }

interface Forgery {
  /** The XML of the answer to a request. */
  forge(request: SamlRequest): string
  /** Whom it fools: who does not verify at all. Else also who verifies and then reads what was not signed. */
  needsNoVerifying?: true
}

/** What of a signed assertion is put elsewhere. */
function parts(request: SamlRequest) {
  const whole = /<saml:Assertion.*<\/saml:Assertion>/s
  const signed = whole.exec(sign(response(request, assertion(request, GOOD)), 'Assertion', key))?.[0] ?? ''
  const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(signed)?.[0] ?? ''
  const bare = signed.replace(signature, '')
  const evil = assertion(request, EVIL)
  /** The evil one with something behind its issuer, where a signature stands. */
  const evilWith = (more: string) => evil.replace('</saml:Issuer>', `</saml:Issuer>${more}`)
  const within = (more: string) => signature.replace('</ds:Signature>', `${more}</ds:Signature>`)
  return { signed, signature, bare, evil, evilWith, within }
}
function responseParts(request: SamlRequest) {
  const signed = sign(response(request, assertion(request, GOOD)), 'Response', key)
  const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(signed)?.[0] ?? ''
  const bare = signed.replace(signature, '')
  const evil = (more: string) =>
    response(request, assertion(request, EVIL)).replace(
      '</saml:Issuer><samlp:Status>',
      `</saml:Issuer>${more}<samlp:Status>`,
    )
  return { signature, bare, evil }
}
const evilName = EVIL.nameId ?? ''
const said = (more: Said, by = () => key, options = {}) => ({
  forge: (request: SamlRequest) =>
    sign(response(request, assertion(request, { ...EVIL, ...more })), 'Assertion', by(), options),
})
const wrapped = (content: (of: ReturnType<typeof parts>) => string): Forgery => ({
  forge: (request) => response(request, content(parts(request))),
})

const unverified = (content: (of: ReturnType<typeof parts>) => string): Forgery => ({
  ...wrapped(content),
  needsNoVerifying: true,
})

/** The eight forms of signature wrapping (Somorovsky et al., "On Breaking SAML", 2012), and what else is tried. */
const FORGERIES: Record<string, Forgery> = {
  'wrapping 1: the signed response within the signature of an evil one': {
    forge(request) {
      const { signature, bare, evil } = responseParts(request)
      return evil(signature.replace('</ds:Signature>', `<ds:Object>${bare}</ds:Object></ds:Signature>`))
    },
  },
  'wrapping 2: the signed response beside its signature in an evil one': {
    forge(request) {
      const { signature, bare, evil } = responseParts(request)
      return evil(`${signature}<samlp:Extensions>${bare}</samlp:Extensions>`)
    },
  },
  'wrapping 3: an evil assertion before the signed one': wrapped(({ evil, signed }) => `${evil}${signed}`),
  'wrapping 4: the signed assertion within an evil one': wrapped(({ evilWith, signed }) => evilWith(signed)),
  'wrapping 5: the signature in the evil one, what it signs behind': wrapped(
    ({ evilWith, signature, bare }) => `${evilWith(signature)}${bare}`,
  ),
  'wrapping 6: the signature in the evil one, what it signs within the signature': wrapped(
    ({ evilWith, within, bare }) => evilWith(within(bare)),
  ),
  'wrapping 7: an evil assertion among extensions': wrapped(
    ({ evil, signed }) => `<samlp:Extensions>${evil}</samlp:Extensions>${signed}`,
  ),
  'wrapping 8: what is signed as an object of the signature in the evil one': wrapped(({ evilWith, within, bare }) =>
    evilWith(within(`<ds:Object>${bare}</ds:Object>`)),
  ),
  'the evil assertion has the id of the signed one': unverified(({ evil, signed }) => {
    const name = /ID="([^"]+)"/.exec(signed)?.[1] ?? ''
    return `${evil.replace(/ID="[^"]+"/, `ID="${name}"`)}${signed}`
  }),
  'not signed': { forge: (request) => response(request, assertion(request, EVIL)) },
  'signed by a key that comes with it': {
    forge(request) {
      const embedded = `<ds:X509Data><ds:X509Certificate>${other.certificate.replaceAll(/-----[^-]+-----|\s/g, '')}</ds:X509Certificate></ds:X509Data>`
      return sign(response(request, assertion(request, EVIL)), 'Assertion', other, { keyInfo: embedded })
    },
  },
  'changed behind the signature': {
    needsNoVerifying: true,
    forge: (request) =>
      sign(response(request, assertion(request, GOOD)), 'Assertion', key).replace(GOOD.nameId ?? '', evilName),
  },
  'by SHA-1, whose collisions are made to order': said({}, () => key, {
    signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
    digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1',
  }),
  'for another audience': said({ audience: 'https://other.example' }),
  'for no audience at all': said({ audience: null }),
  'for another recipient': said({ recipient: 'https://other.example/acs' }),
  'answer to another request': said({ inResponseTo: '_other' }),
  'answer to none': said({ inResponseTo: '' }),
  'over since an hour': said({ endsIn: -3_600_000 }),
  'confirmed by who holds a key, which nobody showed': said({ method: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' }),
  'of another issuer, by the same key': said({ issuer: 'https://evil.example' }),
  'of somebody for this session alone': said({ format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' }),
  'an external entity': {
    forge: (request) =>
      `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>${sign(response(request, assertion(request, EVIL)), 'Assertion', key)}`,
  },
  'an entity bomb': {
    forge(request) {
      const entities = Array.from({ length: 12 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(12)}">`).join('')
      return `<!DOCTYPE r [<!ENTITY e0 "x">${entities}]>${sign(response(request, assertion(request, EVIL)), 'Assertion', key)}`
    },
  },
}

/**
 * What careless readers take from a document: they verify the first signature, by whatever certificate comes with it, where
 * there is one at all, and then read the first assertion, be it of the document or right beneath its root.
 */
function naive(xml: string, verifies: boolean): string[] {
  const document = new DOMParser().parseFromString(xml, 'text/xml')
  const all = (name: string) => Array.from(document.getElementsByTagName('*')).filter((one) => one.localName === name)
  const [signature] = all('Signature')
  if (verifies && signature) {
    const embedded = /<ds:X509Certificate>([^<]+)</.exec(xml)?.[1]
    const publicCert = embedded
      ? `-----BEGIN CERTIFICATE-----\n${embedded}\n-----END CERTIFICATE-----`
      : key.certificate
    const verifier = new SignedXml({ publicCert })
    verifier.loadSignature(signature.toString())
    if (!verifier.checkSignature(xml)) return []
  }
  const child = (node: Node, name: string) => Array.from(node.childNodes ?? []).find((one) => one.localName === name)
  const nameIn = (one: Node | undefined) =>
    (one && child(one, 'Subject') && child(child(one, 'Subject') as Node, 'NameID'))?.textContent
  const [root] = all('Response')
  return [nameIn(all('Assertion')[0]), nameIn(root && child(root, 'Assertion'))].map(String)
}

async function answered(
  forge: (request: SamlRequest) => string,
): Promise<{ status: number; xml: string; milliseconds: number }> {
  const begun = await server.call('POST', '/v1/auth/sso', { tenant: 'first', connection: 'idp' }, { token: null })
  const { request_token, authorization_url } = begun.body
  const xml = forge(requestIn(authorization_url))
  const start = performance.now()
  const body = { request_token, parameters: formOf(xml) }
  const { status, text } = await server.call('POST', '/v1/auth/sso/finish', body, { token: null })
  if (status === 200) assert.doesNotMatch(text, /admin/)
  return { status, xml, milliseconds: performance.now() - start }
}

test('what is as it should be opens an account', async () => {
  const good = await answered((request) => sign(response(request, assertion(request, GOOD)), 'Assertion', key))
  assert.equal(good.status, 200)
  const whole = await answered((request) => {
    const signed = sign(response(request, assertion(request, GOOD)), 'Assertion', key)
    return sign(signed, 'Response', key)
  })
  assert.equal(whole.status, 200, 'with the response signed as well')
})

for (const [name, { forge, needsNoVerifying }] of Object.entries(FORGERIES)) {
  test(`a careless reader takes it, Probity does not: ${name}`, async () => {
    const { status, xml } = await answered(forge)
    assert.ok(naive(xml, !needsNoVerifying).includes(evilName), String(naive(xml, !needsNoVerifying)))
    assert.equal(status, 401)
    const [user] = await server.sql('SELECT count(*)::integer AS users FROM external_identities')
    assert.ok(Number(user?.users) <= 1, 'nobody but the one who is good has come in')
  })
}

test('XML that would take a parser minutes is refused at once', async () => {
  const nested = '<a>'.repeat(30_000)
  const namespaces = Array.from({ length: 6_500 }, (_, i) => `<a xmlns:p${i}="">`).join('') + '</a>'.repeat(6_500)
  const wide = `<a>${'<b/>'.repeat(20_000)}</a>`
  const crooked = '<a x=">/>">'.repeat(10_000)
  for (const xml of [nested, namespaces, wide, crooked, '<'.repeat(60_000), `<a ${'b="c" '.repeat(10_000)}>`]) {
    const { status, milliseconds } = await answered(() => xml)
    assert.equal(status, 401)
    assert.ok(milliseconds < 1_000, `${xml.slice(0, 20)}: ${milliseconds}`)
  }
})

test('a comment within a name cuts nothing off it', async () => {
  const cut = 'admin@elsewhere.example<!-- -->.evil.example'
  const { status, xml } = await answered((request) =>
    sign(response(request, assertion(request, { nameId: cut })), 'Assertion', key),
  )
  assert.equal(/<saml:NameID[^>]*>([^<]+)</.exec(xml)?.[1], evilName, 'a careless reader takes the first text')
  assert.equal(status, 200)
  const { body } = await server.call('GET', '/v1/users?name=admin@elsewhere.example')
  assert.deepEqual(body.users, [])
  const whole = await server.call('GET', '/v1/users?name=admin@elsewhere.example.evil.example')
  assert.equal(whole.body.users.length, 1)
})

test('comments that cost more than they say are refused before anything is made of them', async () => {
  const withComments = (count: number) => (request: Parameters<typeof response>[0]) =>
    sign(response(request, assertion(request, { nameId: 'commented@elsewhere.example' })), 'Assertion', key).replace(
      '</saml:Assertion>',
      `${'<!---->'.repeat(count)}</saml:Assertion>`,
    )
  assert.equal((await answered(withComments(150))).status, 200, 'what is signed does not hold them')
  assert.equal((await answered(withComments(250))).status, 401)
  const deep = `<!--${'</a>'.repeat(1900)}-->${'<a>'.repeat(1900)}${'</a>'.repeat(1900)}`
  const hidden = await answered((request) =>
    sign(response(request, assertion(request, {})), 'Assertion', key).replace(
      '</saml:Assertion>',
      `${deep}</saml:Assertion>`,
    ),
  )
  assert.equal(hidden.status, 401)
  const endless = await answered(() => '<!--'.repeat(30_000))
  assert.ok(endless.status === 401 && endless.milliseconds < 1_000, String(endless.milliseconds))
})

test('what is refused is an entry, and says to nobody why', async () => {
  await until('each is one', async () => {
    const { body } = await server.call('GET', `/v1/audit/events?resource=connection/${id}&limit=100`)
    const refused = body.events.filter(({ event_type }: { event_type: string }) => event_type === 'session.refused')
    return refused.length >= Object.keys(FORGERIES).length
  })
})
