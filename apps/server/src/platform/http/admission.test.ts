import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import type { Principal } from '../authority.ts'
import { DomainError } from '../errors.ts'
import { Admission } from './admission.ts'
import { ProofOfPossession } from './proof-of-possession.ts'
import { route } from './route.ts'
import { SessionCookies } from './session-cookies.ts'

const PRINCIPAL: Principal = {
  ...{ kind: 'token', id: 'p', tenantId: 't', userId: 'u', userKind: 'person' },
  ...{ scopes: [], tenantActive: true },
}
const RIGHT = 'right-token-of-somebody'
const READ = route({
  method: 'GET',
  path: '/',
  summary: '',
  permit: 'own',
  answers: {},
  handle: async () => null,
})

function admission() {
  const asked: string[] = []
  let now = 0
  const [clock, publicUrl] = [{ now: () => now * 1_000_000 }, () => 'https://probity.example']
  const door = new Admission({
    cookies: new SessionCookies(publicUrl),
    proofs: new ProofOfPossession(publicUrl, clock),
    clock,
    ratePerSecond: 1000,
    publicRatePerSecond: 1,
    observe: () => null,
    async authenticate(token) {
      asked.push(token?.text ?? '')
      if (token?.text !== RIGHT) throw new DomainError('UNAUTHENTICATED')
      return PRINCIPAL
    },
  })
  const enter = (token: string, ip: string) =>
    door.enter({ ip, headers: { authorization: `Bearer ${token}` } } as FastifyRequest, READ).then(
      () => 'in',
      (error: DomainError) => error.code,
    )
  return { asked, enter, wait: (seconds: number) => (now += seconds) }
}

test('wrong tokens are refused by address before anybody is asked about them, and again after a while', async () => {
  const { asked, enter, wait } = admission()
  const answers: string[] = []
  for (let i = 0; i < 50; i++) answers.push(await enter(`wrong-token-number-${i}-of-many`, '192.0.2.1'))
  assert.deepEqual(new Set(answers), new Set(['UNAUTHENTICATED', 'RATE_LIMITED']))
  assert.ok(asked.length <= 7, `${asked.length} were looked up`)
  assert.equal(await enter('wrong-token-of-another', '192.0.2.2'), 'UNAUTHENTICATED')
  wait(3)
  assert.equal(await enter('wrong-token-after-a-while', '192.0.2.1'), 'UNAUTHENTICATED')
})

test('a token that was right is not kept out by wrong ones from its address', async () => {
  const { enter } = admission()
  assert.equal(await enter(RIGHT, '192.0.2.1'), 'in')
  for (let i = 0; i < 20; i++) await enter(`wrong-token-number-${i}-of-many`, '192.0.2.1')
  assert.equal(await enter(RIGHT, '192.0.2.1'), 'in')
})
