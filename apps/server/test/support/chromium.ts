import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'
import { signingKey } from './saml.ts'
import type { Answer } from './server.ts'

const PROGRAM = '/usr/bin/chromium'
/** Why tests in a browser cannot run here; false: they can. */
export const NO_CHROMIUM = existsSync(PROGRAM) ? false : 'there is no /usr/bin/chromium'

/** Takes the certificate of `withTls` for one that the machine trusts: passkeys are not for pages with a warning. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox', '--ignore-certificate-errors'] })
}

export interface Front {
  /** Where browsers reach it: https://localhost:… */
  url: string
  /** Passes on to a server from now on. */
  leadTo(server: string): void
  stop(): void
}

/** What stands before a server and speaks TLS, as a proxy of the operator's does. */
export async function withTls(): Promise<Front> {
  const { privateKey, certificate } = await signingKey('127.0.0.1')
  let target = ''
  const front = createServer({ key: privateKey, cert: certificate }, (asked, answer) => {
    const { method, headers } = asked
    const passed = request(new URL(asked.url ?? '', target), { ...(method && { method }), headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers)
      given.pipe(answer)
    })
    passed.once('error', () => answer.destroy())
    asked.pipe(passed)
  })
  front.listen(0)
  await once(front, 'listening')
  return {
    url: `https://localhost:${(front.address() as AddressInfo).port}`,
    leadTo(server) {
      target = server
    },
    stop() {
      front.close()
      front.closeAllConnections()
    },
  }
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
    const context = await browser.newContext({ bypassCSP: true, ignoreHTTPSErrors: true })
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

  /** What an authenticator holds is put into another one, as somebody does who copied it. */
  async copyPasskeys(from: string, to: Visitor, into: string): Promise<void> {
    const { credentials } = await this.#devtools.send('WebAuthn.getCredentials', { authenticatorId: from })
    for (const credential of credentials)
      await to.#devtools.send('WebAuthn.addCredential', { authenticatorId: into, credential })
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
