import assert from 'node:assert/strict'
import { type Differing, SoftAuthenticator } from '../../support/authenticator.ts'
import { codeOf } from '../../support/codes.ts'
import { plainMail, type ReceivedMail, tokenIn } from '../../support/mail.ts'
import { until } from '../../support/server.ts'
import { type Attack, enrol, logIn, ORIGIN, type Place, person, session, whoIs } from './place.ts'

const NEXT = 'seventeen copper kettles'

/** Somebody with an authenticator, whose codes are good from the next half minute on. */
async function enrolled(place: Place) {
  await until('the half minute has some seconds left', () => Date.now() % 30_000 < 26_000)
  const { email } = await person(place)
  const { access_token } = await session(place, email)
  return { email, token: access_token, key: await enrol(place, access_token) }
}

const isIn = async (place: Place, email: string, code?: string, from?: string) =>
  (await logIn(place, email, { code, ...(from && { from }) })).body.access_token !== undefined

/** The mail with a link for who forgot their password. */
async function forgot(place: Place, username: string, headers: Record<string, string> = {}): Promise<ReceivedMail> {
  await place.call('POST', '/v1/auth/password/forgot', { tenant: 'first', username }, { headers })
  return place.mails.next(username)
}
const reset = (place: Place, token: string, new_password = NEXT) =>
  place.call('POST', '/v1/auth/password/reset', { token, new_password })

/** Somebody with a passkey, and how it is shown. */
async function holder(place: Place) {
  const { email } = await person(place)
  const { access_token: token } = await session(place, email)
  const device = new SoftAuthenticator(ORIGIN)
  const { body } = await place.call('POST', '/v1/me/passkeys/options', undefined, { token })
  const added = await place.call('POST', '/v1/me/passkeys', { credential: device.register(body) }, { token })
  assert.equal(added.status, 201, added.text)
  async function shown(differing: Differing = {}) {
    const options = await place.call('POST', '/v1/auth/passkey/options', { tenant: 'first' })
    return device.assert(options.body, differing)
  }
  return { email, shown }
}
async function opened(place: Place, credential: object): Promise<string | null> {
  const { body } = await place.call('POST', '/v1/auth/passkey', { tenant: 'first', credential })
  return body.access_token ? whoIs(place, body.access_token) : null
}
async function opensWith(place: Place, differing: Differing): Promise<boolean> {
  const { email, shown } = await holder(place)
  const isOpen = (await opened(place, await shown(differing))) === email
  assert.equal(await opened(place, await shown()), email, 'an honest one opens')
  return isOpen
}

export const FACTORS: Record<string, Attack> = {
  'a code is read over somebody’s shoulder and shown again': async (place) => {
    const { email, key } = await enrolled(place)
    assert.equal(await isIn(place, email, codeOf(key, 1)), true)
    return isIn(place, email, codeOf(key, 1))
  },

  'a code is shown by four at once': async (place) => {
    const { email, key } = await enrolled(place)
    const all = await Promise.all([1, 2, 3, 4].map(() => isIn(place, email, codeOf(key, 1))))
    return all.filter(Boolean).length > 1
  },

  'codes are guessed by who has the password': async (place) => {
    const { email, key } = await enrolled(place)
    for (let i = 0; i < 12; i++) await isIn(place, email, String(100_000 + i), `198.51.100.${i}`)
    return isIn(place, email, codeOf(key, 1), '198.51.100.99')
  },

  'a password is reset to get past the second factor': async (place) => {
    const { email } = await enrolled(place)
    const answer = await reset(place, tokenIn(await forgot(place, email)))
    assert.equal(answer.status, 200, answer.text)
    const next = await logIn(place, email, { password: NEXT })
    return [answer, next].some(({ body }) => body.access_token !== undefined)
  },

  'a link is made to lead to the host that a request named': async (place) => {
    const { email } = await person(place)
    const evil = { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
    return plainMail(await forgot(place, email, evil)).includes('//evil.example')
  },

  'a link that was used is found in a mailbox, and used again': async (place) => {
    const { email } = await person(place)
    const token = tokenIn(await forgot(place, email))
    assert.equal((await reset(place, token)).status, 200)
    await reset(place, token, 'nineteen silver spoons')
    return (await logIn(place, email, { password: 'nineteen silver spoons' })).status === 200
  },

  'who stole a session stays in it when the password is reset': async (place) => {
    const { email } = await person(place)
    const stolen = await session(place, email)
    assert.equal((await reset(place, tokenIn(await forgot(place, email)))).status, 200)
    return (await whoIs(place, stolen.access_token)) !== null
  },

  'a page of another origin passes on what a passkey signed': (place) =>
    opensWith(place, { origin: 'https://audit.example.org.evil.example' }),

  'a passkey is shown by who cannot unlock it': (place) => opensWith(place, { verified: false }),

  'what a passkey signed once is shown again': async (place) => {
    const { email, shown } = await holder(place)
    const credential = await shown()
    assert.equal(await opened(place, credential), email)
    return (await opened(place, credential)) === email
  },

  'one’s own passkey says that one is somebody else': async (place) => {
    const [victim, mallory] = [await holder(place), await holder(place)]
    const { userHandle } = (await victim.shown()).response
    return (await opened(place, await mallory.shown({ userHandle }))) === victim.email
  },

  'a copy of a passkey, whose count is behind, opens': async (place) => {
    const { email, shown } = await holder(place)
    assert.equal(await opened(place, await shown({ count: 9 })), email)
    return (await opened(place, await shown({ count: 5 }))) === email
  },
}
