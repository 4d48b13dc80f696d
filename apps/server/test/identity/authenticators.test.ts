import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { SoftAuthenticator } from '../support/authenticator.ts'
import { type Model, maker } from '../support/maker.ts'
import { person } from '../support/people.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

const ORIGIN = 'https://audit.example.org'
const MODEL = 'ee882879-721c-4913-9775-3dfcce97072a'
const OTHER = '2fc0579f-8113-47ea-b116-bb5a8db9202a'

let server: TestServer
let good: Awaited<ReturnType<typeof maker>>
let other: Awaited<ReturnType<typeof maker>>
before(async () => {
  server = await testServer({ public_url: ORIGIN })
  good = await maker()
  other = await maker()
})
after(() => server.stop())
beforeEach(() => server.sql('DELETE FROM sign_in_rules'))

const call = (method: string, path: string, body?: unknown, token: string | null = server.token) =>
  server.call(method, path, body, { token })
const code = ({ status, body }: Answer) => [status, body?.code]
const demand = async (rules: object) => {
  const changed = await call('PATCH', '/v1/sign-in-rules', rules)
  assert.equal(changed.status, 200, changed.text)
}

const optionsFor = async (session: string) => (await call('POST', '/v1/me/passkeys/options', undefined, session)).body
async function addBy(model: Model, signs?: Model): Promise<Answer> {
  const session = (await person(server)).token
  const credential = await new SoftAuthenticator(ORIGIN).attest(await optionsFor(session), model, signs)
  return call('POST', '/v1/me/passkeys', { credential }, session)
}
async function addUnattested(): Promise<Answer> {
  const session = (await person(server)).token
  const credential = new SoftAuthenticator(ORIGIN).register(await optionsFor(session))
  return call('POST', '/v1/me/passkeys', { credential }, session)
}

test('without a rule nobody is asked what authenticator they have, and any will do', async () => {
  assert.equal((await optionsFor((await person(server)).token)).attestation, 'none')
  assert.equal((await addUnattested()).status, 201)
  assert.equal((await addBy(await other.model(OTHER))).status, 201)
})

test('a tenant that names makers takes passkeys that one of them vouches for, and no others', async () => {
  await demand({ authenticator_roots: [good.root] })
  assert.equal((await optionsFor((await person(server)).token)).attestation, 'direct')
  const added = await addBy(await good.model(MODEL))
  assert.equal(added.status, 201, added.text)
  assert.deepEqual(code(await addBy(await other.model(MODEL))), [422, 'AUTHENTICATOR_REFUSED'])
  assert.deepEqual(code(await addUnattested()), [422, 'AUTHENTICATOR_REFUSED'])
  assert.deepEqual(code(await addBy(await good.model(MODEL, { skipsIntermediate: true }))), [
    422,
    'AUTHENTICATOR_REFUSED',
  ])
})

test('who shows a maker’s certificates and cannot sign by them is refused, and so is a certificate that has ended', async () => {
  await demand({ authenticator_roots: [good.root] })
  const shown = await addBy(await good.model(MODEL), await other.model(MODEL))
  assert.deepEqual(code(shown), [401, 'CREDENTIALS_INVALID'])
  const mixed = await good.model(MODEL)
  const theirs = await other.model(MODEL)
  const chain = [...theirs.chain.slice(0, 1), ...mixed.chain.slice(1)]
  assert.deepEqual(code(await addBy({ ...theirs, chain })), [422, 'AUTHENTICATOR_REFUSED'])
  const ended = await addBy(await good.model(MODEL, { ended: true }))
  assert.ok(['CREDENTIALS_INVALID', 'AUTHENTICATOR_REFUSED'].includes(ended.body.code), ended.text)
})

test('a tenant that names models takes those, and hears which one was refused', async () => {
  await demand({ authenticator_roots: [good.root], allowed_authenticators: [MODEL] })
  assert.equal((await addBy(await good.model(MODEL))).status, 201)
  const refused = await addBy(await good.model(OTHER))
  assert.deepEqual(code(refused), [422, 'AUTHENTICATOR_REFUSED'])
  assert.match(refused.body.message, new RegExp(OTHER))
  const own = (await call('GET', '/v1/sign-in-rules')).body
  assert.deepEqual([own.allowed_authenticators, own.authenticator_roots.length], [[MODEL], 1])
  await demand({ allowed_authenticators: null, authenticator_roots: [] })
  assert.equal((await addBy(await other.model(OTHER))).status, 201)
})

test('a model that says that it is another is refused by what its certificate says', async () => {
  await demand({ authenticator_roots: [good.root], allowed_authenticators: [MODEL] })
  const pretending = { ...(await good.model(OTHER)), aaguid: MODEL }
  assert.deepEqual(code(await addBy(pretending)), [401, 'CREDENTIALS_INVALID'])
})

test('a root that cannot be read is refused where it stands', async () => {
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
  const refused = await call('PATCH', '/v1/sign-in-rules', { authenticator_roots: [good.root, pem] })
  assert.deepEqual(code(refused), [400, 'VALIDATION_FAILED'])
  assert.match(refused.text, /authenticator_roots\/1/)
})
