import { cookieHeader, cookiesOf } from '../../support/browser.ts'
import type { Answer } from '../../support/server.ts'
import { type Attack, asAdministrator, logIn, PASSWORD, person, session, unique } from './place.ts'

const WRONG = { password: 'a wrong password here' }
const isIn = ({ status, body }: Answer) => status === 200 && body.access_token !== undefined

export const GUESSING: Record<string, Attack> = {
  'a log-in tells who has an account, by status, body or header': async (place) => {
    const { email } = await person(place)
    const nobody = `${unique('nobody')}@first.example`
    return seen(await logIn(place, email, WRONG)) !== seen(await logIn(place, nobody, WRONG))
  },

  'a log-in tells which account was suspended': async (place) => {
    const { id, email } = await person(place)
    await asAdministrator(place, 'POST', `/v1/users/${id}/suspend`)
    const nobody = `${unique('nobody')}@first.example`
    return seen(await logIn(place, email, WRONG)) !== seen(await logIn(place, nobody, WRONG))
  },

  'who forgot a password is told whether there is an account': async (place) => {
    const { email } = await person(place)
    const forgot = (username: string) => place.call('POST', '/v1/auth/password/forgot', { tenant: 'first', username })
    return seen(await forgot(email)) !== seen(await forgot(`${unique('nobody')}@first.example`))
  },

  'one password is tried on everybody until somebody has it (spraying)': async (place) => {
    const { email } = await person(place)
    for (let i = 0; i < 60; i++) await logIn(place, `${unique('sprayed')}@first.example`, { from: '198.51.100.1' })
    return isIn(await logIn(place, email, { from: '198.51.100.1' }))
  },

  'the password of one account is guessed from many addresses': async (place) => {
    const { email } = await person(place)
    for (let i = 0; i < 25; i++) await logIn(place, email, { ...WRONG, from: `203.0.113.${i}` })
    return isIn(await logIn(place, email, { from: '203.0.113.99' }))
  },

  'what was stolen elsewhere is tried from thousands of addresses, each once (stuffing)': async (place) => {
    const { email } = await person(place)
    const once = (i: number) => logIn(place, `${unique('stuffed')}@first.example`, { ...WRONG, from: `10.0.${i}.1` })
    await once(0)
    await place.haveFailed(999)
    await once(1)
    return isIn(await logIn(place, email, { from: '10.0.2.1' }))
  },

  'a stranger shuts somebody out by failing in their name': async (place) => {
    const { email } = await person(place)
    await session(place, email, { from: '192.0.2.50' })
    for (let i = 0; i < 30; i++) await logIn(place, email, { ...WRONG, from: `203.0.113.${i}` })
    return !isIn(await logIn(place, email, { from: '192.0.2.50' }))
  },

  'somebody else’s name is made with letters that look alike': async (place) => {
    const name = unique('ada')
    const make = (username: string) =>
      asAdministrator(place, 'POST', '/v1/users', { email: `${unique('mallory')}@first.example`, username })
    await make(name)
    const alike = [name.replace('a', 'а'), `\u200b${name}`, name.toUpperCase(), [...name].map(fullWidth).join('')]
    const made = await Promise.all(alike.map(make))
    return made.some(({ status }) => status === 201)
  },

  'a browser is given a cookie before somebody logs in with it (fixation)': async (place) => {
    const [mallory, victim] = [await person(place), await person(place)]
    const asked = { headers: { 'x-probity-cookies': '1' } }
    const planted = cookiesOf(await logIn(place, mallory.email, asked))
    const cookie = cookieHeader(planted)
    await logIn(place, victim.email, { headers: { ...asked.headers, cookie } })
    return (await place.call('GET', '/v1/me', undefined, { headers: { cookie } })).body.email === victim.email
  },

  'a password of a few characters is somebody’s, and guessed at once': async (place) => {
    const { email } = await person(place)
    const { access_token } = await session(place, email)
    const short = { current_password: PASSWORD, new_password: 'abc' }
    await place.call('POST', '/v1/me/password', short, { token: access_token })
    return isIn(await logIn(place, email, { password: 'abc' }))
  },
}

/** An answer without what is of each answer alone. */
function seen({ status, headers, body }: Answer): string {
  const kept = [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name))
  return JSON.stringify([status, kept, { ...body, request_id: '', timestamp: '' }])
}

function fullWidth(letter: string): string {
  return /[a-z]/.test(letter) ? String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0) : letter
}
