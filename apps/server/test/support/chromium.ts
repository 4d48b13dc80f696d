import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'
import type { Answer } from './server.ts'

const PROGRAM = '/usr/bin/chromium'
/** Why tests in a browser cannot run here; false: they can. */
export const NO_CHROMIUM = existsSync(PROGRAM) ? false : 'there is no /usr/bin/chromium'

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox'] })
}

/** A port on which a server can say beforehand where it will be reached. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** A browser of somebody, with cookies of its own, at the origin of a server. */
export class Visitor {
  readonly page: Page
  readonly #devtools: CDPSession

  private constructor(page: Page, devtools: CDPSession) {
    this.page = page
    this.#devtools = devtools
  }

  /** Answers of the API load nothing and run no script; the page that these tests bring along may. */
  static async at(browser: Browser, url: string): Promise<Visitor> {
    const context = await browser.newContext({ bypassCSP: true })
    const page = await context.newPage()
    await page.goto(`${url}/openapi.json`)
    const devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    return new Visitor(page, devtools)
  }

  /** Puts an authenticator into the browser; `verifies`: whether its user can show that it is they. */
  async plugIn({ verifies = true } = {}): Promise<string> {
    const { authenticatorId } = await this.#devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
        ...{ isUserVerified: verifies, automaticPresenceSimulation: true },
      },
    })
    return authenticatorId
  }

  async unplug(authenticatorId: string): Promise<void> {
    await this.#devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
  }

  /** Whether the user of an authenticator can show from now on that it is they. */
  async setVerifies(authenticatorId: string, isUserVerified: boolean): Promise<void> {
    await this.#devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
  }

  /** Calls the API from within the page, with the cookies that the browser has. */
  call(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Pick<Answer, 'status' | 'body'>> {
    return this.page.evaluate(
      async ([method, path, body, headers]) => {
        const answer = await fetch(path, {
          ...{ method, headers: { ...headers, ...(body && { 'content-type': 'application/json' }) } },
          ...(body && { body: JSON.stringify(body) }),
        })
        const text = await answer.text()
        return { status: answer.status, body: text === '' ? null : JSON.parse(text) }
      },
      [method, path, body, headers] as const,
    )
  }

  /** What `navigator.credentials` makes of the server's options; a text: the name of the error that it throws. */
  credential(kind: 'create' | 'get', options: object): Promise<object | string> {
    // As text, since these names are a browser's.
    return this.page.evaluate(`(async () => {
      const publicKey = PublicKeyCredential.parse${kind === 'create' ? 'Creation' : 'Request'}OptionsFromJSON(${JSON.stringify(options)})
      try {
        return (await navigator.credentials.${kind}({ publicKey })).toJSON()
      } catch (error) {
        return error.name
      }
    })()`)
  }
}
