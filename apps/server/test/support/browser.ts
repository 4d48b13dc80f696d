import { request } from 'node:http'
import type { Answer, TestServer } from './server.ts'

type Reached = Pick<TestServer, 'url' | 'call'>

/** A browser of somebody who is logged in to Probity: it keeps cookies and goes where it is sent. */
export class Browser {
  readonly #server: Reached
  readonly #known: string
  readonly #cookies = new Map<string, string>()

  /** `known`: the origin that the server says it has, where that is not its address. */
  constructor(server: Reached, known = server.url) {
    this.#server = server
    this.#known = known
  }

  get cookie(): string {
    return cookieHeader(Object.fromEntries(this.#cookies))
  }

  async fetch(url: string, options: RequestInit = {}): Promise<Response> {
    const headers = { ...(options.headers as Record<string, string>), cookie: this.cookie }
    const answer = await fetch(url, { ...options, redirect: 'manual', headers })
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(set)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return answer
  }

  /** Goes on until it is asked to let an application in, or comes to an address outside; answers which. */
  async follow(url: string): Promise<URL> {
    for (let next = url, steps = 0; steps < 10; steps++) {
      const answer = await this.fetch(next.replace(this.#known, this.#server.url))
      const location = answer.headers.get('location')
      if (location === null) throw new Error(`${answer.status} at ${next}: ${await answer.text()}`)
      const to = new URL(location, next)
      if (to.pathname === '/consent' || ![this.#known, this.#server.url].includes(to.origin)) return to
      next = to.href
    }
    throw new Error('round in circles')
  }

  /** What is asked of the person of a session. */
  asked(token: string): Promise<Answer> {
    return this.#server.call('GET', '/v1/auth/consent', undefined, { token, headers: { cookie: this.cookie } })
  }

  answer(token: string, grant: boolean): Promise<Answer> {
    return this.#server.call('POST', '/v1/auth/consent', { grant }, { token, headers: { cookie: this.cookie } })
  }

  /** From an application’s log-in to the address to which the person comes back. */
  async logIn(url: string, token: string): Promise<URL> {
    await this.follow(url)
    const { body } = await this.answer(token, true)
    return this.follow(body.redirect_to)
  }
}

/** Cookies that an answer sets. */
export function cookiesOf(answer: Answer): Record<string, string> {
  const found = answer.headers.getSetCookie().map((set) => /^([^=]+)=([^;]*)/.exec(set) ?? [])
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, value]))
}

/** Cookies as a browser sends them. */
export function cookieHeader(cookies: Record<string, string>): string {
  return Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
}

/** What an address answers to who names another host. */
export function askedOf(url: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers: { host } }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece) => {
        text += piece
      })
      answer.on('end', () => resolve(text))
    })
    asked.once('error', reject).end()
  })
}
