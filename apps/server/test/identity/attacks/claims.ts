import assert from 'node:assert/strict'
import { tokenIn } from '../../support/mail.ts'
import { type Attack, asAdministrator, logIn, PASSWORD, type Place, person, session, unique } from './place.ts'

const SCIM_USER = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** The token of a directory that provisions to a tenant. */
async function directory(place: Place, token: string): Promise<string> {
  const made = await place.call('POST', '/v1/service-accounts', { name: unique('directory') }, { token })
  assert.equal(made.status, 201, made.text)
  const asked = { name: 'scim', scopes: ['identity:provision'], service_account_id: made.body.id }
  return (await place.call('POST', '/v1/tokens', asked, { token })).body.token
}
async function provisioned(place: Place, token: string) {
  const userName = `${unique('provisioned')}@first.example`
  const body = { schemas: [SCIM_USER], userName, emails: [{ value: userName, primary: true }] }
  const headers = { 'content-type': 'application/scim+json' }
  const made = await place.call('POST', '/scim/v2/Users', body, { token, headers })
  assert.equal(made.status, 201, made.text)
  return { id: made.body.id as string, userName }
}
async function found(place: Place, token: string, filter: string): Promise<string[]> {
  const path = `/scim/v2/Users?filter=${encodeURIComponent(filter)}`
  const { body } = await place.call('GET', path, undefined, { token })
  return (body?.Resources ?? []).map((one: { userName: string }) => one.userName)
}

export const CLAIMS: Record<string, Attack> = {
  'somebody gives themselves scopes in a change of their own profile': async (place) => {
    const { id, email } = await person(place)
    const { access_token: token } = await session(place, email)
    const more = { display_name: 'Ada', scopes: ['tenant:admin'], is_administrator: true, status: 'active' }
    await place.call('PATCH', '/v1/me', more, { token })
    return (await place.call('GET', `/v1/users/${id}`, undefined, { token })).status === 200
  },

  'who is invited brings scopes of their own': async (place) => {
    const email = `${unique('invited')}@first.example`
    const { body } = await asAdministrator(place, 'POST', '/v1/users', { email })
    const token = tokenIn(await place.mails.next(email))
    const taken = { token, password: PASSWORD, scopes: ['tenant:admin'] }
    const answer = await place.call('POST', '/v1/auth/invitation', taken)
    if (answer.status !== 200) return false
    const own = (await session(place, email)).access_token
    return (await place.call('GET', `/v1/users/${body.user.id}`, undefined, { token: own })).status === 200
  },

  'an account is made in another tenant by naming it': async (place) => {
    const { tenantId, token } = await place.neighbour(unique('neighbour'))
    const email = `${unique('planted')}@first.example`
    await asAdministrator(place, 'POST', '/v1/users', { email, tenant_id: tenantId })
    const { body } = await place.call('GET', `/v1/users?name=${email}`, undefined, { token })
    return body.users.length > 0
  },

  'somebody of another tenant is read by their id': async (place) => {
    const { token } = await place.neighbour(unique('curious'))
    const { id } = await person(place)
    assert.equal((await asAdministrator(place, 'GET', `/v1/users/${id}`)).status, 200)
    return (await place.call('GET', `/v1/users/${id}`, undefined, { token })).status === 200
  },

  'a name for a log-in brings a line of the log with it': async (place) => {
    const mark = unique('forged')
    await logIn(place, `x\n2026-01-01T00:00:00Z user.promoted ${mark}`)
    await logIn(place, `x","event_type":"user.promoted","action":"${mark}`)
    const { body } = await asAdministrator(place, 'GET', '/v1/audit/events?limit=500')
    assert.ok(body.events.length > 0)
    return body.events.some((one: { event_type: string }) => one.event_type === 'user.promoted')
  },

  'a filter of a directory brings a condition of its own': async (place) => {
    const [own, neighbour] = [await directory(place, place.administrator), await place.neighbour(unique('filtered'))]
    const victim = await provisioned(place, await directory(place, neighbour.token))
    const mine = await provisioned(place, own)
    assert.deepEqual(await found(place, own, `userName eq "${mine.userName}"`), [mine.userName])
    for (const filter of [
      `userName eq "x' OR '1'='1"`,
      `userName eq "${victim.userName}"`,
      `userName eq "x' UNION SELECT email FROM people --"`,
    ])
      if ((await found(place, own, filter)).includes(victim.userName)) return true
    return false
  },

  'a directory reads, changes and deletes another tenant’s people by their id': async (place) => {
    const [own, neighbour] = [await directory(place, place.administrator), await place.neighbour(unique('crossed'))]
    const theirs = await directory(place, neighbour.token)
    const { id } = await provisioned(place, theirs)
    const at = (method: string) => place.call(method, `/scim/v2/Users/${id}`, undefined, { token: own })
    if ((await at('GET')).status === 200) return true
    await at('DELETE')
    return (await place.call('GET', `/scim/v2/Users/${id}`, undefined, { token: theirs })).status !== 200
  },
}
