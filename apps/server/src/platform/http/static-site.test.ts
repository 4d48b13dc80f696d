import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { type FastifyInstance, fastify } from 'fastify'
import { exchange } from '../../../test/http/socket.ts'
import { type StaticSite, serveStaticSite } from './static-site.ts'

const SCRIPT = 'export const answer = 42\n'.repeat(50)
const FILES: Record<string, string | Buffer> = {
  'site/index.html': '<h1>Start</h1>',
  'site/start.html': '<h1>First steps</h1>',
  'site/errors/index.html': '<h1>Errors</h1>',
  'site/a page.html': '<h1>Spaces</h1>',
  'site/404.html': '<h1>No such page</h1>',
  'site/drawing.svg': '<svg/>',
  'site/assets/app.1f2e3d.js': SCRIPT,
  'site/assets/app.1f2e3d.js.br': brotliCompressSync(SCRIPT),
  'site/assets/app.1f2e3d.js.gz': gzipSync(SCRIPT),
  'secret.txt': 'the root key',
  'site-secret/index.html': 'a neighbour',
}
const folder = mkdtempSync(join(tmpdir(), 'probity-static-'))
const SITE: StaticSite = {
  ...{ prefix: '/docs', folder: join(folder, 'site'), digestNamed: 'assets/', unknown: 'page', missing: 'Build it.' },
  policy: { inlineScripts: ['sha256-abc'], others: { 'worker-src': "'self'" } },
}
let app: FastifyInstance
before(async () => {
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  app = fastify()
  serveStaticSite(app, SITE)
  await app.listen({ host: '127.0.0.1', port: 0 })
})
after(async () => {
  await app.close()
  rmSync(folder, { recursive: true })
})

const get = (url: string, headers: Record<string, string> = {}, at = app) => at.inject({ method: 'GET', url, headers })

test('a page goes by its name, a folder by its name with a slash, and the site by its prefix', async () => {
  for (const [url, title] of [
    ['/docs/', 'Start'],
    ['/docs/start', 'First steps'],
    ['/docs/start.html?x=1', 'First steps'],
    ['/docs/errors/', 'Errors'],
    ['/docs/a%20page', 'Spaces'],
  ] as const) {
    const { statusCode, headers, body } = await get(url)
    assert.deepEqual([statusCode, body], [200, `<h1>${title}</h1>`], url)
    assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  }
  for (const [url, place] of [
    ['/docs', '/docs/'],
    ['/docs/errors', '/docs/errors/'],
  ] as const) {
    const { statusCode, headers } = await get(url)
    assert.deepEqual([statusCode, headers.location], [308, place])
  }
})

test('each file has its type, its tag and a time to be kept: a year where its name holds its digest', async () => {
  const script = await get('/docs/assets/app.1f2e3d.js')
  assert.equal(script.headers['content-type'], 'application/javascript; charset=utf-8')
  assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable')
  const page = await get('/docs/start')
  assert.equal(page.headers['cache-control'], 'no-cache')
  assert.equal((await get('/docs/drawing.svg')).headers['content-type'], 'image/svg+xml; charset=utf-8')
  const again = await get('/docs/start', { 'if-none-match': String(page.headers.etag) })
  assert.deepEqual([again.statusCode, again.body], [304, ''])
  const head = await app.inject({ method: 'HEAD', url: '/docs/start' })
  assert.deepEqual([head.statusCode, head.body, head.headers['content-length']], [200, '', '20'])
})

test('what the build compressed goes out so to who takes it, and as it is to who does not', async () => {
  const bytes = async (accepted: string) => {
    const { rawPayload, headers } = await get('/docs/assets/app.1f2e3d.js', { 'accept-encoding': accepted })
    assert.equal(headers.vary, 'accept-encoding')
    assert.equal(headers['content-type'], 'application/javascript; charset=utf-8')
    return [headers['content-encoding'], rawPayload] as const
  }
  const [best, brotli] = await bytes('gzip, deflate, br')
  assert.deepEqual([best, brotliDecompressSync(brotli).toString()], ['br', SCRIPT])
  const [second, gzip] = await bytes('gzip, br;q=0')
  assert.deepEqual([second, gunzipSync(gzip).toString()], ['gzip', SCRIPT])
  const [none, plain] = await bytes('identity')
  assert.deepEqual([none, plain.toString()], [undefined, SCRIPT])
})

test('no script runs that stands in a page and is not known, and no frame shows one', async () => {
  const { headers } = await get('/docs/')
  const policy = String(headers['content-security-policy'])
  assert.match(policy, /default-src 'none'; script-src 'self' 'sha256-abc'; /)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.match(policy, /worker-src 'self'/)
  assert.doesNotMatch(/script-src [^;]*/.exec(policy)?.[0] ?? '', /unsafe/)
})

test('nothing outside of the folder is served, however it is asked for', async () => {
  const address = app.server.address()
  assert.ok(address !== null && typeof address === 'object')
  for (const path of [
    '/docs/../secret.txt',
    '/docs/..%2fsecret.txt',
    '/docs/%2e%2e/secret.txt',
    '/docs/%2e%2e%2fsecret.txt',
    '/docs/assets/../../secret.txt',
    '/docs/..%5csecret.txt',
    '/docs/%252e%252e%252fsecret.txt',
    '/docs//etc/passwd',
    `/docs/${encodeURIComponent(join(folder, 'secret.txt'))}`,
    '/docs/../site-secret/index.html',
    '/docs/..%2fsite-secret/index.html',
    '/docs/start%00.html',
    '/docs/%ff',
  ]) {
    const { status, closed, received } = exchange(`http://127.0.0.1:${address.port}`, `GET ${path}`, {
      connection: 'close',
    })
    assert.match(String(await status), /^4\d\d$/, path)
    await closed
    assert.doesNotMatch(received(), /the root key|a neighbour|root:/, path)
  }
})

test('an unknown page is told of by a page of the site, with 404', async () => {
  const { statusCode, body, headers } = await get('/docs/nowhere')
  assert.deepEqual([statusCode, body], [404, '<h1>No such page</h1>'])
  assert.match(String(headers['content-security-policy']), /default-src 'none'/)
})

test('a site of a single page answers each address of a page with it, and leaves all else to the server', async () => {
  const single = fastify()
  single.get('/v1/thing', async () => 'the server')
  serveStaticSite(single, { ...SITE, prefix: '', unknown: 'single-page' })
  const browser = { accept: 'text/html,*/*;q=0.8' }
  for (const url of ['/', '/audit/entries/7', '/index.html'])
    assert.equal((await get(url, browser, single)).body, '<h1>Start</h1>', url)
  assert.equal((await get('/v1/thing', browser, single)).body, 'the server')
  for (const [url, headers] of [
    ['/v1/nothing', { accept: 'application/json' }],
    ['/assets/gone.js', browser],
  ] as const)
    assert.equal((await get(url, headers, single)).statusCode, 404, url)
  await single.close()
})

test('where the site was not built, that is what is told', async () => {
  const bare = fastify()
  serveStaticSite(bare, { ...SITE, folder: join(folder, 'nowhere') })
  const { statusCode, body } = await get('/docs/start', {}, bare)
  assert.deepEqual([statusCode, body], [503, 'Build it.\n'])
  const single = fastify()
  serveStaticSite(single, { ...SITE, folder: join(folder, 'nowhere'), prefix: '', unknown: 'single-page' })
  assert.equal((await get('/', { accept: 'text/html' }, single)).statusCode, 503)
  assert.equal((await get('/v1/nothing', { accept: 'application/json' }, single)).statusCode, 404)
  await Promise.all([bare.close(), single.close()])
})
