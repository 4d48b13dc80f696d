import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { Browser } from '../../support/browser.ts'
import { type Attack, asAdministrator, ORIGIN, type Place, person, session, unique } from './place.ts'

const BACK = 'https://app.example/callback'

interface Application {
  id: string
  issuer: string
}

/** An application without a secret, as they run in browsers and on telephones. */
async function application(place: Place): Promise<Application> {
  const made = await asAdministrator(place, 'POST', '/v1/applications', {
    ...{ name: unique('app'), kind: 'public', redirect_uris: [BACK], scopes: ['openid'] },
  })
  assert.equal(made.status, 201, made.text)
  // The tests' servers say that they are elsewhere than they are reached.
  return { id: made.body.id, issuer: `${place.url}${new URL(made.body.issuer).pathname}` }
}

function authorization({ id, issuer }: Application, more: Record<string, string>): string {
  const asked = { client_id: id, response_type: 'code', scope: 'openid', state: 'x', code_challenge_method: 'S256' }
  return `${issuer}/auth?${new URLSearchParams({ ...asked, ...more })}`
}

async function given(place: Place, { id, issuer }: Application, code: string, verifier?: string): Promise<boolean> {
  const body = { grant_type: 'authorization_code', client_id: id, redirect_uri: BACK, code }
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...body, ...(verifier !== undefined && { code_verifier: verifier }) }),
  })
  assert.equal(new URL(issuer).origin, place.url)
  return answer.ok
}

/** Somebody lets an application in, and its code comes to light on the way. */
async function letIn(place: Place) {
  const app = await application(place)
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const { access_token } = await session(place, (await person(place)).email)
  const asked = { redirect_uri: BACK, prompt: 'consent', code_challenge: challenge }
  const back = await new Browser(place, ORIGIN).logIn(authorization(app, asked), access_token)
  return { app, verifier, code: back.searchParams.get('code') ?? '' }
}

/** Where a browser is sent that is not logged in and will not be asked, and what cookies it is given. */
async function sentTo(place: Place, app: Application, redirect_uri: string) {
  const asked = { redirect_uri, prompt: 'none', code_challenge: 'x'.repeat(43) }
  const answer = await fetch(authorization(app, asked), { redirect: 'manual' })
  const location = answer.headers.get('location')
  return {
    host: location === null ? '' : new URL(location, place.url).hostname,
    cookies: answer.headers.getSetCookie().join(),
  }
}

export const APPLICATIONS: Record<string, Attack> = {
  'a code is stolen, and shown without what its application kept (PKCE)': async (place) => {
    const honest = await letIn(place)
    assert.equal(await given(place, honest.app, honest.code, honest.verifier), true)
    const { app, code } = await letIn(place)
    return given(place, app, code)
  },

  'a code is shown again by who read it in a log': async (place) => {
    const { app, code, verifier } = await letIn(place)
    assert.equal(await given(place, app, code, verifier), true)
    return given(place, app, code, verifier)
  },

  'a log-in leads to an address of the thief that looks like the application’s (open redirect)': async (place) => {
    const app = await application(place)
    assert.equal((await sentTo(place, app, BACK)).host, 'app.example')
    for (const address of [
      'https://app.example@evil.example/callback',
      'https://app.example.evil.example/callback',
      '//evil.example/callback',
    ])
      if (/evil\.example$/.test((await sentTo(place, app, address)).host)) return true
    return false
  },

  'an address to come back to brings a header with it': async (place) => {
    const app = await application(place)
    const { cookies } = await sentTo(place, app, `${BACK}\r\nset-cookie: planted=1`)
    return cookies.includes('planted')
  },
}
