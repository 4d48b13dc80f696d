import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createServer, type Server } from 'node:tls'
import { type SigningKey, signingKey } from '../support/saml.ts'
import { type TestServer, testServer } from '../support/server.ts'

/** A bind that succeeded, cut off: who reads on by the lengths that it names never comes to an end. */
const ENDLESS = Buffer.from('300c02010161070a010004000404300c9a43', 'hex')

let server: TestServer
let key: SigningKey
let directory: Server
let url = ''
before(async () => {
  key = await signingKey('127.0.0.1')
  directory = createServer({ key: key.privateKey, cert: key.certificate }, (socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(ENDLESS))
  })
  directory.listen(0, '127.0.0.1')
  await once(directory, 'listening')
  url = `ldaps://127.0.0.1:${(directory.address() as AddressInfo).port}`
  server = await testServer({ identity_providers_inside: 'true' })
})
after(async () => {
  directory.close()
  await server.stop()
})

test('a directory whose answer keeps its reader busy until memory is full ends one log-in, and nobody else waits', async () => {
  const connection = {
    ...{ kind: 'ldap', name: 'hostile', creates_accounts: true },
    settings: { url, certificate_authority: key.certificate, user_base: 'dc=example' },
  }
  assert.equal((await server.call('POST', '/v1/connections', connection)).status, 201)
  const login = { credential_type: 'username_password', tenant: 'first', connection: 'hostile' }
  let isOver = false
  const refused = server
    .call('POST', '/v1/auth/login', { ...login, username: 'ada', password: 'any' }, { token: null })
    .finally(() => {
      isOver = true
    })
  let answered = 0
  while (!isOver) {
    assert.equal((await server.call('GET', '/v1/tokens')).status, 200)
    answered++
  }
  const { status, body } = await refused
  assert.deepEqual([status, body.code], [502, 'PROVIDER_UNREACHABLE'])
  assert.ok(answered > 10, `${answered} others were answered meanwhile`)
  assert.equal((await server.call('GET', '/v1/tokens')).status, 200)
})
