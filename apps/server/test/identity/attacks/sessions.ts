import assert from 'node:assert/strict'
import { cookieHeader, cookiesOf } from '../../support/browser.ts'
import { type Attack, asAdministrator, logIn, type Place, person, session, unique, whoIs } from './place.ts'

const refresh = (place: Place, refresh_token: string) => place.call('POST', '/v1/auth/refresh', { refresh_token })
const IN_COOKIES = { headers: { 'x-probity-cookies': '1' } }

export const SESSIONS: Record<string, Attack> = {
  'a refresh token is stolen, and used after its owner went on': async (place) => {
    const owner = await session(place, (await person(place)).email)
    const next = await refresh(place, owner.refresh_token)
    assert.equal((await refresh(place, next.body.refresh_token)).status, 200)
    await place.graceIsOver()
    return (await refresh(place, owner.refresh_token)).status === 200
  },

  'a thief goes on with a stolen refresh token after its owner noticed nothing': async (place) => {
    const owner = await session(place, (await person(place)).email)
    const thief = await refresh(place, owner.refresh_token)
    await place.graceIsOver()
    await refresh(place, owner.refresh_token)
    return (await whoIs(place, thief.body.access_token)) !== null
  },

  'two refresh at once, and there are two families': async (place) => {
    const { refresh_token } = await session(place, (await person(place)).email)
    const answers = await Promise.all([1, 2, 3, 4].map(() => refresh(place, refresh_token)))
    return new Set(answers.map(({ body }) => body.refresh_token)).size > 1
  },

  'a refresh token is shown as if it were an access token': async (place) => {
    const { refresh_token } = await session(place, (await person(place)).email)
    return (await whoIs(place, refresh_token)) !== null
  },

  'a token that was stolen is good after its owner logged out': async (place) => {
    const { access_token, refresh_token } = await session(place, (await person(place)).email)
    assert.equal((await place.call('POST', '/v1/auth/logout', undefined, { token: access_token })).status, 200)
    return (await whoIs(place, access_token)) !== null || (await refresh(place, refresh_token)).status === 200
  },

  'a neighbour’s page sets a cookie of a like name, and somebody works in the thief’s account (tossing)': async (
    place,
  ) => {
    const [mallory, victim] = [await person(place), await person(place)]
    const [tossed, own] = [
      cookiesOf(await logIn(place, mallory.email, IN_COOKIES)),
      cookiesOf(await logIn(place, victim.email, IN_COOKIES)),
    ]
    // A page of a host beside it may set any cookie but one whose name begins with __Host- (RFC 6265bis §4.1.3.2).
    const possible = Object.entries(tossed).map(([name, value]) => [name.replace('__Host-', ''), value])
    const cookie = `${cookieHeader(Object.fromEntries(possible))}; ${cookieHeader(own)}`
    return (await whoIs(place, null, cookie)) !== victim.email
  },

  'a page of another site has a browser send its cookies (CSRF)': async (place) => {
    const victim = await person(place)
    const cookie = cookieHeader(cookiesOf(await logIn(place, victim.email, IN_COOKIES)))
    await place.call('PATCH', '/v1/me', { display_name: 'Owned' }, { headers: { cookie } })
    const me = await place.call('GET', '/v1/me', undefined, { headers: { cookie } })
    assert.equal(me.status, 200)
    return me.body.display_name === 'Owned'
  },

  'who was suspended goes on with some token': async (place) => {
    const { id, email } = await person(place)
    const { access_token, refresh_token } = await session(place, email)
    assert.equal(await whoIs(place, access_token), email)
    await asAdministrator(place, 'POST', `/v1/users/${id}/suspend`)
    if ((await whoIs(place, access_token)) !== null) return true
    return (await refresh(place, refresh_token)).status === 200
  },

  'who was suspended goes on with an API token that they made': async (place) => {
    const { id, email } = await person(place, ['audit:read', 'tenant:admin'])
    const { access_token } = await session(place, email)
    const made = await place.call(
      'POST',
      '/v1/tokens',
      { name: 'kept', scopes: ['audit:read'] },
      { token: access_token },
    )
    assert.equal(made.status, 201, made.text)
    const use = () => place.call('GET', '/v1/audit/events', undefined, { token: made.body.token })
    assert.equal((await use()).status, 200)
    await asAdministrator(place, 'POST', `/v1/users/${id}/suspend`)
    return (await use()).status === 200
  },

  'a tenant that was suspended goes on to write with its tokens': async (place) => {
    const { tenantId, token } = await place.neighbour(unique('suspended'))
    const write = () => place.call('POST', '/v1/audit/events', { event_type: 'a.written', action: 'write' }, { token })
    assert.equal((await write()).status, 200)
    await asAdministrator(place, 'POST', `/v1/tenants/${tenantId}/suspend`)
    return (await write()).status === 200
  },
}
