import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { byName } from '../../src/platform/by-name.ts'
import { launchChromium } from './chromium.ts'
import { PASSWORD } from './people.ts'
import type { TestServer } from './server.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Milliseconds that a page may take to show what a test waits for. */
const PATIENCE = 10_000
export const ADMINISTRATOR = {
  tenant: 'first',
  username: 'admin@first.example',
  password: 'correct horse battery staple',
}
export const WIDTHS = [360, 768, 1440] as const

let shared: Promise<Browser> | null = null

/** One Chromium for the tests of a file. */
export function chromiumOfFile(): Promise<Browser> {
  shared ??= launchChromium()
  return shared
}

export async function closeChromium(): Promise<void> {
  await (await shared)?.close()
  shared = null
}

interface Visit {
  width?: number
  theme?: 'light' | 'dark'
  locale?: string
}

/** Somebody at a browser of their own; what must never happen on any page is collected, and told by `requireClean`. */
export class Visitor {
  readonly context: BrowserContext
  readonly page: Page
  readonly #server: TestServer
  readonly #faults: string[] = []

  private constructor(server: TestServer, context: BrowserContext, page: Page) {
    this.#server = server
    this.context = context
    this.page = page
  }

  static async arrive(
    server: TestServer,
    { width = 1280, theme = 'light', locale = 'en-GB' }: Visit = {},
  ): Promise<Visitor> {
    const browser = await chromiumOfFile()
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: theme,
      locale,
      timezoneId: 'Europe/Zurich',
      reducedMotion: 'reduce',
      ignoreHTTPSErrors: true,
    })
    context.setDefaultTimeout(PATIENCE)
    const page = await context.newPage()
    const visitor = new Visitor(server, context, page)
    visitor.#watch()
    return visitor
  }

  /** With a session that was opened by password. */
  static async loggedIn(
    server: TestServer,
    login: Partial<typeof ADMINISTRATOR> & { remember_me?: boolean } = {},
    visit: Visit = {},
  ): Promise<Visitor> {
    const visitor = await Visitor.arrive(server, visit)
    const known = {
      ...(login.username === undefined ? ADMINISTRATOR : { ...ADMINISTRATOR, password: PASSWORD }),
      ...login,
    }
    const answer = await visitor.context.request.post(`${server.url}/v1/auth/login`, {
      data: { credential_type: 'username_password', ...known },
      headers: { 'x-probity-cookies': '1' },
    })
    assert.equal(answer.status(), 200, await answer.text())
    return visitor
  }

  /** Opens a page of the console, and waits for its heading. */
  async open(path: string): Promise<void> {
    await this.page.goto(this.#server.url + path)
    await this.page.getByRole('heading', { level: 1 }).waitFor()
  }

  /** The window that is open above the page. */
  get dialog(): Locator {
    return this.page.getByRole('dialog')
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  /** Chooses of a list, by what its field is called. */
  async choose(within: Page | Locator, field: string, option: string | RegExp): Promise<void> {
    await within
      .getByRole('combobox', { name: field })
      .or(within.getByRole('textbox', { name: field }))
      .first()
      .click()
    await this.page.getByRole('option', { name: option }).click()
  }

  /** Waits until nothing is on its way any more: no skeleton is shown. */
  async settle(): Promise<void> {
    await this.page.locator('.mantine-Skeleton-root, [aria-busy=true]').first().waitFor({ state: 'detached' })
  }

  /** Turns the system's theme, and waits until the page has turned too. */
  async inTheme(colorScheme: 'light' | 'dark'): Promise<void> {
    await this.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await this.page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor({ state: 'attached' })
  }

  #watch(): void {
    this.page.on('pageerror', (error) => this.#faults.push(`an error nobody caught: ${error.message}`))
    this.page.on('console', (message) => {
      if (/Content.Security.Policy/i.test(message.text())) this.#faults.push(message.text())
    })
    this.page.on('request', (request) => {
      const url = new URL(request.url())
      const own = [new URL(this.#server.url).origin, byName(this.#server.url).origin]
      if (/^https?:$/.test(url.protocol) && !own.includes(url.origin))
        this.#faults.push(`a request to another host: ${url.host}`)
    })
  }

  /** Fails where a script failed unseen, the policy of content was broken, or another host was asked. */
  requireClean(): void {
    assert.deepEqual(this.#faults, [])
  }

  /** Fails on anything that axe finds on the page as it is (WCAG 2.2 A and AA, and good practice). */
  async requireAccessible(what: string): Promise<void> {
    await this.page.evaluate(AXE)
    const found = await this.page.evaluate(
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join(' | ')))`,
    )
    assert.deepEqual(found, [], `axe on ${what}`)
  }

  /** Fails where the page is wider than the window. */
  async requireFits(what: string): Promise<void> {
    // As text, since these names are a browser's.
    const [wide, window] = (await this.page.evaluate(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    )) as [number, number]
    assert.ok(wide <= window, `${what} is ${wide} pixels wide in a window of ${window}`)
  }

  async leave(): Promise<void> {
    await this.context.close()
    this.requireClean()
  }
}
