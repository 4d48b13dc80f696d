import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { ldapSettings, oidcSettings, samlSettings } from '@probity/contract'
import { formatToken, type Json, parseToken } from '@probity/core'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Directories } from '../../src/domains/identity/directories.ts'
import { hashFault } from '../../src/domains/identity/foreign-hash.ts'
import { OpenIdProviders } from '../../src/domains/identity/openid.ts'
import { SamlProviders } from '../../src/domains/identity/saml.ts'
import { providerIn } from '../../src/domains/identity/saml-metadata.ts'
import { GROUPS_TYPE, USERS } from '../../src/domains/identity/scim/attributes.ts'
import { parseFilter, parseTarget } from '../../src/domains/identity/scim/filter.ts'
import { applyPatch, readOperations } from '../../src/domains/identity/scim/patch.ts'
import { isObject, readResource } from '../../src/domains/identity/scim/resource.ts'
import { readAsserted, readRegistered } from '../../src/domains/identity/webauthn.ts'
import { DomainError } from '../../src/platform/errors.ts'
import { bearerToken } from '../../src/platform/http/bearer-token.ts'
import { readProof } from '../../src/platform/http/proof-of-possession.ts'
import { Outside } from '../../src/platform/outside.ts'
import { SoftAuthenticator } from './authenticator.ts'
import { ENTERPRISE, USER } from './directory.ts'
import { maker } from './maker.ts'
import type { Mutation } from './mutation.ts'
import { assertion, ENTITY, response, samlMetadata, sign, signingKey } from './saml.ts'

/** A parser of what comes from outside, with what it is given in this test. */
export interface Parser {
  name: string
  /** Of 1,000 cases. */
  share: number
  /** Longest that one case may take; by default a second. */
  mostMilliseconds?: number
  make(mutation: Mutation): string
  /** False: it is refused. Throws DomainError likewise; whatever else it throws is a fault. */
  read(input: string): Promise<boolean> | boolean
}

/** Every parser of the domain identity, and what ends the servers that they ask. */
export async function parsersOfIdentity(): Promise<{ parsers: Parser[]; stop(): void }> {
  const [saml, openId, ldap] = [await samlParser(), await openIdParsers(), await ldapParser()]
  return {
    parsers: [
      ...saml,
      ...openId.parsers,
      ...scimParsers(),
      ...(await passkeyParsers()),
      ...smallParsers(),
      ldap.parser,
    ],
    stop() {
      openId.stop()
      ldap.stop()
    },
  }
}

async function samlParser(): Promise<Parser[]> {
  const key = await signingKey()
  const us = { entityId: 'https://probity.example/us', consumer: 'https://probity.example/acs' }
  const settings = samlSettings.parse({
    ...{
      entity_id: ENTITY,
      sso_url: 'https://idp.example',
      certificates: [key.certificate],
      accepts_unsolicited: true,
    },
  })
  const request = { id: '', issuer: us.entityId, consumer: us.consumer }
  const sample = sign(response(request, assertion(request, { inResponseTo: null })), 'Assertion', key)
  const providers = new SamlProviders()
  const metadata = samlMetadata(key.certificate)
  return [
    {
      ...{ name: 'SAML response', share: 60 },
      make: (mutation) => mutation.bytes(Buffer.from(sample)).toString('base64'),
      read: async (input) => (await providers.unsolicited(settings, us, input)).told.subject !== '',
    },
    {
      ...{ name: 'SAML metadata', share: 10, make: (mutation) => mutation.text(metadata) },
      read: (input) => providerIn(input).entity_id !== '',
    },
  ]
}

async function openIdParsers(): Promise<{ parsers: Parser[]; stop(): void }> {
  const keys = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(keys.publicKey)
  let issuer = ''
  const http = createServer((request, answer) => {
    const configuration = {
      ...{ issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t`, jwks_uri: `${issuer}/jwks` },
      ...{ response_types_supported: ['code'], subject_types_supported: ['public'] },
    }
    answer.end(JSON.stringify(request.url === '/jwks' ? { keys: [{ ...jwk, kid: 'k', alg: 'ES256' }] } : configuration))
  })
  issuer = `http://127.0.0.1:${await listening(http)}`
  const { client_id } = oidcSettings.parse({ issuer, client_id: 'probity' })
  const provider = { key: 'k', issuer, clientId: client_id, secret: null }
  const providers = new OpenIdProviders(new Outside(true))
  const now = Math.floor(Date.now() / 1000)
  const token = await new SignJWT({ sub: 'a', iat: now, exp: now + 600, iss: issuer, aud: client_id })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(keys.privateKey)
  const proof = await new SignJWT({ jti: 'a', htm: 'GET', htu: 'https://probity.example/', iat: now })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
    .sign(keys.privateKey)
  const proven = { method: 'GET', url: 'https://probity.example/', token: null }
  return {
    parsers: [
      {
        ...{ name: 'ID token', share: 100, make: jwtOf(token) },
        read: async (input) => (await providers.presented(provider, input, 'groups')).told.subject !== '',
      },
      {
        ...{ name: 'log-out token', share: 60, make: jwtOf(token) },
        read: async (input) => (await providers.loggedOut(provider, input)).subject !== '',
      },
      {
        ...{ name: 'DPoP proof', share: 100, make: jwtOf(proof) },
        read: async (input) => (await readProof(input, proven, now)).id !== '',
      },
    ],
    stop() {
      http.closeAllConnections()
      http.close()
    },
  }
}

/** Changes a token as a text, or what stands in one of its parts. */
function jwtOf(token: string): (mutation: Mutation) => string {
  return (mutation) => {
    if (mutation.below(2) === 0) return mutation.text(token)
    const parts = token.split('.')
    const at = mutation.below(parts.length)
    parts[at] = mutation.bytes(Buffer.from(parts[at] ?? '', 'base64url')).toString('base64url')
    return parts.join('.')
  }
}

function scimParsers(): Parser[] {
  const filters = [
    'userName eq "bjensen" and (emails[type eq "work" and value co "@example.com"] or not (title pr))',
    `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department sw "T" or meta.lastModified gt "2011-05-13T04:42:34Z"`,
  ] as const
  const paths = [
    'emails[type eq "work"].value',
    'name.familyName',
    `${ENTERPRISE}:manager.value`,
    'members[value eq "1"]',
  ] as const
  const person = {
    schemas: [USER],
    userName: 'a',
    name: { givenName: 'A' },
    emails: [{ type: 'work', value: 'a@b.example' }],
  }
  const group = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: 'G',
    members: [{ value: '1' }],
  }
  const operations = [
    { op: 'Add', path: 'emails[type eq "work"].value', value: 'b@c.example' },
    { op: 'replace', value: { 'name.givenName': 'B', [ENTERPRISE]: { department: 'D' } } },
    { op: 'remove', path: 'emails[type eq "home"]' },
  ]
  const held = readResource(USERS, person)
  return [
    {
      ...{ name: 'SCIM filter', share: 200, make: (mutation) => mutation.text(mutation.pick(filters)) },
      read: (input) => parseFilter(USERS, input) !== null,
    },
    {
      ...{ name: 'SCIM path', share: 100, make: (mutation) => mutation.text(mutation.pick(paths)) },
      read: (input) => parseTarget(input.length % 2 ? USERS : GROUPS_TYPE, input) !== null,
    },
    {
      ...{ name: 'SCIM PATCH', share: 80, make: (mutation) => JSON.stringify(mutation.json(operations)) ?? 'null' },
      read(input) {
        const given: Json = JSON.parse(input)
        return isOperations(given) && applyPatch(USERS, structuredClone(held), readOperations(given)) !== null
      },
    },
    {
      ...{ name: 'SCIM resource', share: 80 },
      make: (mutation) => JSON.stringify(mutation.json(mutation.below(2) ? person : group)) ?? 'null',
      read: (input) => readResource(input.includes('displayName') ? GROUPS_TYPE : USERS, JSON.parse(input)) !== null,
    },
  ]
}

/** What the schema at the edge lets through. */
function isOperations(given: Json): given is { op: string; path?: string; value?: Json }[] {
  return (
    Array.isArray(given) &&
    given.every(
      (one) => isObject(one) && typeof one.op === 'string' && ['string', 'undefined'].includes(typeof one.path),
    )
  )
}

async function passkeyParsers(): Promise<Parser[]> {
  const party = { id: 'probity.example', origin: 'https://probity.example' }
  const device = new SoftAuthenticator(party.origin)
  const options = { challenge: 'YQ', rp: { id: party.id }, rpId: party.id, user: { id: 'YQ' } }
  const model = await (await maker()).model('ee882879-721c-4913-9775-3dfcce97072a')
  const samples = [device.register(options), await device.attest(options, model)] as const
  const registered = await readRegistered(samples[0], party)
  if (registered === null) throw new Error('the sample is no passkey')
  const asserted = device.assert(options)
  const changed = <T extends { response: object }>(sample: T) => {
    const names = Object.keys(sample.response)
    return (mutation: Mutation): string => {
      const name = names[mutation.below(names.length)] ?? ''
      const held = (sample.response as Record<string, unknown>)[name]
      const bytes = Buffer.from(typeof held === 'string' ? held : '', 'base64url')
      return JSON.stringify({
        ...sample,
        response: { ...sample.response, [name]: mutation.bytes(bytes).toString('base64url') },
      })
    }
  }
  const [plain, attested] = [changed(samples[0]), changed(samples[1])]
  return [
    {
      ...{ name: 'new passkey (CBOR)', share: 80 },
      make: (mutation) => (mutation.below(2) ? plain(mutation) : attested(mutation)),
      read: async (input) => (await readRegistered(JSON.parse(input), party)) !== null,
    },
    {
      ...{ name: 'shown passkey', share: 40, make: changed(asserted) },
      read: async (input) => (await readAsserted(JSON.parse(input), registered.public_key, party)) !== null,
    },
  ]
}

function smallParsers(): Parser[] {
  const tenantId = '01a21cbc-788f-7cb4-9c8a-63b1615f664b'
  const token = formatToken({ kind: 'at', tenantId, secret: Buffer.alloc(32, 5) })
  const hashes = [
    '$2b$10$abcdefghijklmnopqrstuuMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA',
    '$scrypt$ln=15,r=8,p=1$c2FsdHNhbHQ$MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA',
    '$pbkdf2-sha256$29000$c2FsdHNhbHQ$MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA',
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA',
  ] as const
  return [
    {
      ...{ name: 'token', share: 39, make: (mutation) => mutation.text(token) },
      read: (input) => parseToken(input) !== null,
    },
    {
      ...{ name: 'Authorization', share: 20, make: (mutation) => mutation.text(`Bearer ${token}`) },
      read: (input) => bearerToken(input) !== null,
    },
    {
      ...{ name: 'hash of another system', share: 30, make: (mutation) => mutation.text(mutation.pick(hashes)) },
      read: (input) => hashFault(input) === null,
    },
  ]
}

/** An element in BER, whose contents are short. */
function element(tag: number, ...contents: (Buffer | string | number)[]): Buffer {
  const bytes = Buffer.concat(contents.map((one) => (typeof one === 'number' ? Buffer.of(one) : Buffer.from(one))))
  return Buffer.concat([Buffer.of(tag, bytes.length), bytes])
}
const [INTEGER, TEXT, ENUMERATED, SEQUENCE, SET] = [0x02, 0x04, 0x0a, 0x30, 0x31]
const message = (id: number, operation: Buffer) => element(SEQUENCE, element(INTEGER, id), operation)
const result = (tag: number) => element(tag, element(ENUMERATED, 0), element(TEXT), element(TEXT))
const attribute = (name: string, value: string) =>
  element(SEQUENCE, element(TEXT, name), element(SET, element(TEXT, value)))

/** What a directory says of somebody (RFC 4511 §4.5.2), and that their password is right (§4.2.2). */
const attributes = element(
  SEQUENCE,
  attribute('entryUUID', '1'),
  attribute('mail', 'a@b.example'),
  attribute('cn', 'A'),
)
const FOUND = Buffer.concat([
  message(2, element(0x64, element(TEXT, 'uid=a,dc=example'), attributes)),
  message(2, result(0x65)),
])
const RIGHT = message(3, result(0x61))
/** Until a directory hangs up on who has nothing more to ask. */
const PATIENCE_MILLISECONDS = 200

/** A directory over TLS whose answer to the search is what the case holds. */
async function ldapParser(): Promise<{ parser: Parser; stop(): void }> {
  const key = await signingKey('127.0.0.1')
  let answer = Buffer.alloc(0)
  const server = createTlsServer({ key: key.privateKey, cert: key.certificate }, (socket) => {
    socket.on('error', () => undefined)
    socket.setTimeout(PATIENCE_MILLISECONDS, () => socket.destroy())
    socket.once('data', () => {
      socket.write(answer)
      socket.once('data', () => socket.write(RIGHT))
    })
  })
  const port = await listening(server)
  const settings = ldapSettings.parse({
    ...{ url: `ldaps://127.0.0.1:${port}`, certificate_authority: key.certificate, user_base: 'dc=example' },
  })
  const directories = new Directories(new Outside(true))
  return {
    parser: {
      // What its reader does not survive, it takes some seconds to die of.
      ...{ name: 'LDAP answer', share: 1, mostMilliseconds: 12_000 },
      make: (mutation) => (mutation.below(20) ? mutation.bytes(FOUND) : FOUND).toString('base64'),
      async read(input) {
        answer = Buffer.from(input, 'base64')
        return (await directories.authenticate('tenant', settings, null, { username: 'a', password: 'b' })) !== null
      },
    },
    stop: () => server.close(),
  }
}

async function listening(
  server: ReturnType<typeof createServer> | ReturnType<typeof createTlsServer>,
): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Whether an error is how a parser refuses. */
export const isRefusal = (error: unknown) => error instanceof DomainError
