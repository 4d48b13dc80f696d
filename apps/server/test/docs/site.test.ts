import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ERROR_PAGES, STATUS, TITLE } from '@probity/contract'
import { settings } from '../../src/config.ts'
import { openApiDocument } from '../../src/routes.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { attributes, builtPages, isThere, readText, SITE } from './pages.ts'

const PUBLIC = 'https://audit.example.org'
const pages = builtPages()
const ids = new Map([...pages].map(([address, html]) => [address, new Set(attributes(html, '\\w+', 'id'))]))

let server: TestServer
before(async () => {
  server = await testServer({ public_url: `${PUBLIC}/` })
})
after(() => server.stop())

test('every link within the site leads to a page, and to a place that the page has', () => {
  assert.ok(pages.size > 100, 'the site is not built: scripts/docs.ts')
  const dead: string[] = []
  let followed = 0
  for (const [address, html] of pages) {
    if (address === '404') continue
    for (const href of attributes(html, 'a', 'href')) {
      if (/^(https?|mailto):/.test(href)) continue
      followed++
      const { pathname, hash } = new URL(href, `http://host/docs/${address}`)
      const target = decodeURIComponent(pathname).replace(/^\/docs\//, '')
      const places = ids.get(target)
      if (!places || (hash !== '' && !places.has(decodeURIComponent(hash.slice(1))))) dead.push(`${address}: ${href}`)
    }
  }
  assert.deepEqual(dead, [])
  assert.ok(followed > 5000, `only ${followed} links were followed`)
})

test('nothing is loaded from anywhere else, and everything that is loaded is there', () => {
  for (const [address, html] of pages) {
    const loaded = [...attributes(html, 'script|img|iframe|source', 'src'), ...attributes(html, 'link', 'href')]
    for (const path of loaded) {
      assert.match(path, /^\/docs\//, `${address} loads ${path}`)
      assert.ok(isThere(path.slice('/docs/'.length)), `${address} loads ${path}, which is not there`)
    }
  }
  for (const file of globSync('**/*.css', { cwd: SITE }))
    assert.doesNotMatch(readFileSync(join(SITE, file), 'utf8'), /(url\(["']?|@import ["'])(https?:)?\/\//, file)
})

test('every error code has a page that says what it means, what to do, and its status', () => {
  for (const [code, { means, remedy }] of Object.entries(ERROR_PAGES)) {
    const text = readText(pages.get(`errors/${code}`) ?? '')
    const told = [
      `HTTP status ${STATUS[code as keyof typeof STATUS]}`,
      TITLE[code as keyof typeof TITLE],
      means,
      remedy,
    ]
    for (const sentence of told) assert.ok(text.includes(sentence.replaceAll('`', '')), `${code}: ${sentence}`)
  }
  const listed = attributes(pages.get('errors/') ?? '', 'a', 'href').filter((href) => /errors\/[A-Z_]+$/.test(href))
  assert.equal(new Set(listed).size, Object.keys(STATUS).length)
})

test('every operation of a server has its place in the reference, which is made without one', async () => {
  const { body } = await server.call('GET', '/openapi.json')
  assert.deepEqual(JSON.parse(JSON.stringify(openApiDocument())), body)
  const areas = new Set<string>()
  for (const [path, methods] of Object.entries<
    Record<string, { tags: string[]; operationId: string; summary: string }>
  >(body.paths)) {
    for (const [method, { tags, operationId, summary }] of Object.entries(methods)) {
      const [area = ''] = tags
      areas.add(area)
      assert.ok(ids.get(`api/${area}`)?.has(operationId), `${operationId} is not on the page of ${area}`)
      const text = readText(pages.get(`api/${area}`) ?? '')
      assert.ok(text.includes(`${method.toUpperCase()} ${path}`) && text.includes(summary), operationId)
      assert.match(summary, /^(?=.{10,160}$).*[^.]$/, `${operationId}: a summary stands by itself`)
    }
  }
  assert.deepEqual(new Set([...pages.keys()].flatMap((page) => /^api\/(.+)$/.exec(page)?.[1] ?? [])), areas)
})

test('every setting stands on its page, with what holds unless it is set', () => {
  const text = readText(pages.get('operations/settings') ?? '')
  for (const { name, environment, fallback, about } of settings())
    for (const told of [name, environment, fallback ?? '', about]) assert.ok(text.includes(told), `${name}: ${told}`)
})

test('every metric of the product is told of', async () => {
  const text = readText(pages.get('operations/') ?? '')
  const { text: metrics } = await server.call('GET', '/metrics')
  const ours = [...metrics.matchAll(/^# HELP (probity_(?!process_|nodejs_)\w+)/gm)].map((match) => match[1] ?? '')
  assert.ok(ours.length >= 5)
  for (const name of ours) assert.ok(text.includes(name), name)
})

test('an error links to the page of its code, below the address at which people reach the server', async () => {
  const { status, body } = await server.call('GET', '/v1/users/00000000-0000-7000-8000-000000000000')
  assert.deepEqual([status, body.type], [404, `${PUBLIC}/docs/errors/NOT_FOUND`])
  const page = await fetch(body.type.replace(PUBLIC, server.url))
  assert.equal(page.status, 200)
  assert.match(await page.text(), /<h1 id="not-found"/)
})

test('the server serves the site: scripts that stand in a page run by their digest alone', async () => {
  const answer = await fetch(`${server.url}/docs/`)
  assert.equal(answer.status, 200)
  const policy = answer.headers.get('content-security-policy') ?? ''
  const [scripts = ''] = policy.split('; ').filter((directive) => directive.startsWith('script-src '))
  assert.doesNotMatch(scripts, /unsafe|\*|https?:/)
  assert.match(policy, /default-src 'none'/)
  for (const [address, html] of pages) {
    for (const [, tag = '', script = ''] of html.matchAll(/<script\b([^>]*)>(.*?)<\/script>/gs)) {
      const digest = createHash('sha256').update(script).digest('base64')
      assert.ok(
        / src=/.test(tag) || scripts.includes(`'sha256-${digest}'`),
        `${address} has a script of no known digest`,
      )
    }
  }
})

test('what the site does not have is 404 with a page, and a folder goes by its slash', async () => {
  const absent = await fetch(`${server.url}/docs/errors/NO_SUCH_CODE`)
  assert.equal(absent.status, 404)
  assert.match(absent.headers.get('content-type') ?? '', /^text\/html/)
  const moved = await fetch(`${server.url}/docs/recipes`, { redirect: 'manual' })
  assert.deepEqual([moved.status, moved.headers.get('location')], [308, '/docs/recipes/'])
})
