import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import {
  assertion,
  ENTITY,
  formOf,
  requestIn,
  response,
  type Said,
  type SigningKey,
  sign,
  signingKey,
} from '../support/saml.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

/** What of samlify is used; its own types bring a browser's globals. */
const { IdentityProvider, SamlLib, ServiceProvider, setSchemaValidator } = createRequire(import.meta.url)(
  'samlify',
) as {
  IdentityProvider(settings: object): {
    getMetadata(): string
    parseLoginRequest(sp: object, binding: string, request: object): Promise<{ extract: { request: { id: string } } }>
    createLoginResponse(
      ...given: [sp: object, asked: object, binding: string, user: object, fill: (template: string) => object]
    ): Promise<{ context: string }>
  }
  ServiceProvider(settings: object): object
  SamlLib: {
    defaultLoginResponseTemplate: { context: string }
    replaceTagsByValue(template: string, values: Record<string, string>): string
  }
  setSchemaValidator(validator: { validate(xml: string): Promise<string> }): void
}

const HERE = 'https://probity.example'
const SSO = 'https://idp.example/sso'
let server: TestServer
let key: SigningKey
before(async () => {
  key = await signingKey()
  server = await testServer({ public_url: HERE })
})
after(() => server.stop())

let count = 0
const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]

interface Connection {
  id: string
  name: string
  version: number
  register: Record<string, string>
}
async function connection(more: object = {}, settings: object = {}): Promise<Connection> {
  const made = await call('POST', '/v1/connections', {
    ...{ kind: 'saml', name: `saml${++count}`, creates_accounts: true, default_scopes: ['audit:read'] },
    settings: {
      entity_id: ENTITY,
      sso_url: SSO,
      certificates: [key.certificate],
      email_attribute: 'mail',
      ...settings,
    },
    ...more,
  })
  assert.equal(made.status, 201, made.text)
  return made.body
}
const begin = async (name: string) =>
  (await call('POST', '/v1/auth/sso', { tenant: 'first', connection: name }, null)).body
const finish = (request_token: string, parameters: string) =>
  call('POST', '/v1/auth/sso/finish', { request_token, parameters }, null)
/** Somebody comes back from the provider, which says this. */
async function signIn(name: string, said: Said, by = key): Promise<Answer> {
  const { authorization_url, request_token } = await begin(name)
  const request = requestIn(authorization_url)
  return finish(request_token, formOf(sign(response(request, assertion(request, said)), 'Assertion', by)))
}
const person = (more: Said = {}): Said => {
  const nameId = `person-${++count}`
  return {
    nameId,
    attributes: { mail: [`${nameId}@elsewhere.example`], cn: ['Ada L'], groups: ['staff', 'auditors'] },
    ...more,
  }
}

test('somebody signs in by SAML at the tenant’s provider, and is the same person from then on', async () => {
  const { name } = await connection({}, { name_attribute: 'cn' })
  const ada = person()
  const opened = await signIn(name, ada)
  assert.equal(opened.status, 200, opened.text)
  assert.deepEqual(opened.body.permissions, ['audit:read'])
  const me = await call('GET', '/v1/me', undefined, opened.body.access_token)
  assert.deepEqual([me.body.email, me.body.display_name], [`${ada.nameId}@elsewhere.example`, 'Ada L'])
  assert.equal((await signIn(name, ada)).body.user_id, opened.body.user_id)
})

test('a provider of another make (samlify) and Probity understand each other, by our metadata', async () => {
  setSchemaValidator({ validate: async () => 'its schema is not what this is about' })
  const { name, register } = await connection()
  const metadata = await fetch(`${server.url}${register.metadata?.slice(HERE.length)}`)
  assert.match(metadata.headers.get('content-type') ?? '', /^application\/samlmetadata\+xml/)
  const sp = ServiceProvider({ metadata: await metadata.text() })
  const template = SamlLib.defaultLoginResponseTemplate.context
    .replace(
      '{AttributeStatement}',
      '<saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue>{attrMail}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>',
    )
    .replace(
      '{AuthnStatement}',
      '<saml:AuthnStatement AuthnInstant="{IssueInstant}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>',
    )
  const idp = IdentityProvider({
    ...{ entityID: ENTITY, privateKey: key.privateKey, signingCert: key.certificate, isAssertionEncrypted: false },
    requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    singleSignOnService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: SSO }],
    loginResponseTemplate: { context: template, attributes: [] },
  })
  const read = await call('POST', '/v1/connections/saml-metadata', { metadata: idp.getMetadata() })
  assert.deepEqual([read.body.entity_id, read.body.sso_url], [ENTITY, SSO], read.text)
  assert.equal(read.body.certificates.length, 1)
  const { authorization_url, request_token } = await begin(name)
  const query = Object.fromEntries(new URL(authorization_url).searchParams)
  const asked = await idp.parseLoginRequest(sp, 'redirect', { query })
  const filled = (context: string) => {
    const [now, end] = [new Date().toISOString(), new Date(Date.now() + 60_000).toISOString()]
    const values = {
      ...{ ID: `_r${++count}`, AssertionID: `_a${count}`, Destination: register.assertion_consumer_service ?? '' },
      ...{ Audience: register.entity_id ?? '', SubjectRecipient: register.assertion_consumer_service ?? '' },
      ...{ AssertionConsumerServiceURL: register.assertion_consumer_service ?? '', Issuer: ENTITY, IssueInstant: now },
      ...{ NameID: `samlify-${count}`, NameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' },
      ...{ ConditionsNotBefore: now, ConditionsNotOnOrAfter: end, SubjectConfirmationDataNotOnOrAfter: end },
      ...{ InResponseTo: asked.extract.request.id, StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success' },
      attrMail: `samlify-${count}@elsewhere.example`,
    }
    return { id: values.ID, context: SamlLib.replaceTagsByValue(context, values) }
  }
  const { context } = await idp.createLoginResponse(sp, asked, 'post', {}, filled)
  const opened = await finish(request_token, new URLSearchParams({ SAMLResponse: context }).toString())
  assert.equal(opened.status, 200, opened.text)
})

test('the provider’s groups say what people may do, and its second factor counts where it says that it asked for one', async () => {
  const { name } = await connection({ group_scopes: { auditors: ['audit:verify'] } })
  const ada = person()
  assert.deepEqual((await signIn(name, ada)).body.permissions, ['audit:read', 'audit:verify'])
  await call('PATCH', '/v1/sign-in-rules', { requires_second_factor: true })
  try {
    assert.equal((await signIn(name, ada)).body.must_add_factor, true)
    const strong = await signIn(name, { ...ada, context: 'https://refeds.org/profile/mfa' })
    assert.equal(strong.body.must_add_factor, false)
  } finally {
    await call('PATCH', '/v1/sign-in-rules', { requires_second_factor: false })
  }
})

test('a provider changes its key: both certificates are good until the old one is taken away', async () => {
  const next = await signingKey()
  const { name, id } = await connection()
  const ada = person()
  assert.deepEqual(code(await signIn(name, ada, next)), [401, 'CREDENTIALS_INVALID'])
  const certificates = [key.certificate, next.certificate]
  assert.equal((await call('PATCH', `/v1/connections/${id}`, { settings: { certificates } })).status, 200)
  for (const by of [key, next]) assert.equal((await signIn(name, ada, by)).status, 200)
  await call('PATCH', `/v1/connections/${id}`, { settings: { certificates: [next.certificate] } })
  assert.deepEqual(code(await signIn(name, ada, key)), [401, 'CREDENTIALS_INVALID'])
  assert.equal((await signIn(name, ada, next)).status, 200)
})

test('an answer is good once, for the browser that began, and for its request', async () => {
  const { name } = await connection()
  const [victim, thief] = [await begin(name), await begin(name)]
  const request = requestIn(victim.authorization_url)
  const form = formOf(sign(response(request, assertion(request, person())), 'Assertion', key))
  assert.deepEqual(code(await finish(thief.request_token, form)), [401, 'CREDENTIALS_INVALID'])
  assert.equal((await finish(victim.request_token, form)).status, 200)
  assert.deepEqual(code(await finish(victim.request_token, form)), [410, 'LINK_EXPIRED'])
  const again = await begin(name)
  assert.deepEqual(code(await finish(again.request_token, form)), [401, 'CREDENTIALS_INVALID'], 'replayed')
})

test('the browser keeps the answer that it was had to post, and no script but ours runs there', async () => {
  const post = (body: string) =>
    fetch(`${server.url}/v1/auth/saml`, {
      ...{ method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    })
  const page = await post(formOf('<a/>'))
  const text = await page.text()
  const script = /<script>(.*)<\/script>/.exec(text)?.[1] ?? ''
  const hash = createHash('sha256').update(script).digest('base64')
  assert.equal(page.headers.get('content-security-policy'), `default-src 'none'; script-src 'sha256-${hash}'`)
  assert.match(text, /data-answer="SAMLResponse=PGEvPg%3D%3D"/)
  for (const evil of ['SAMLResponse="><script>alert(1)</script>', 'SAMLResponse=', 'x=y'])
    assert.equal((await post(evil)).status, 400)
  const elsewhere = { method: 'POST', body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  assert.equal((await fetch(`${server.url}/v1/auth/login`, elsewhere)).status, 415)
})

test('what a connection needs is said when it is missing, and who a provider is does not change', async () => {
  const body = {
    kind: 'saml',
    name: 'bad',
    settings: { entity_id: ENTITY, sso_url: 'javascript:alert(1)', certificates: ['x'] },
  }
  const refused = await call('POST', '/v1/connections', body)
  assert.deepEqual(code(refused), [400, 'VALIDATION_FAILED'])
  const pointers = refused.body.details.issues.map((issue: { pointer: string }) => issue.pointer)
  assert.deepEqual(pointers, ['/settings/sso_url', '/settings/certificates/0'])
  const { id } = await connection()
  const other = await call('PATCH', `/v1/connections/${id}`, { settings: { entity_id: 'https://other.example' } })
  assert.deepEqual(code(other), [400, 'VALIDATION_FAILED'])
  const unknown = await call('PATCH', `/v1/connections/${id}`, { settings: { issuer_url: 'x' } })
  assert.deepEqual(code(unknown), [400, 'VALIDATION_FAILED'])
  const absent = await fetch(`${server.url}/v1/auth/saml/${server.tenantId}/01890000-0000-7000-8000-000000000000`)
  assert.equal(absent.status, 404)
})
