import assert from 'node:assert/strict'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { freePort, lastJson, probity, type Ran, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const data = join(folder.path, 'data')
let port = ''

before(async () => {
  port = String(await freePort())
})
after(() => {
  probity(['down', '--data', data])
  folder.remove()
})

const up = (more: string[] = [], environment = {}) =>
  probity(['up', '--data', data, '--port', port, '--detach', '--json', ...more], environment)

/** One clear sentence, exit code 1, no stack. */
function assertSentence(ran: Ran, sentence: RegExp): void {
  assert.equal(ran.status, 1, ran.stdout + ran.stderr)
  assert.match(ran.stderr, sentence)
  assert.doesNotMatch(ran.stderr, /\n\s+at /)
}

/** Waits until nobody answers there any more. */
async function refused(url: string): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const answers = await fetch(url).then(
      () => true,
      () => false,
    )
    if (!answers) return
  }
  throw new Error('the killed server still answers')
}

const pid = () => (JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')) as { pid: number }).pid

test('the first start prints where it is and a one-time set-up link', () => {
  const ran = up()
  assert.equal(ran.status, 0, ran.stderr)
  const { url, setup_url } = lastJson<{ url: string; setup_url: string }>(ran)
  assert.equal(url, `http://127.0.0.1:${port}`)
  assert.match(setup_url, /\/setup#prb_su_/)
})

test('a second up on the same data says that it runs, and where', () => {
  assertSentence(up(), new RegExp(`already runs on .*http://127\\.0\\.0\\.1:${port}`))
})

test('doctor finds nothing wrong with a running server, and says a lost root key', () => {
  assert.equal(probity(['doctor', '--data', data]).status, 0)
  renameSync(join(data, 'root.key'), join(data, 'root.key.away'))
  const ran = probity(['doctor', '--data', data])
  renameSync(join(data, 'root.key.away'), join(data, 'root.key'))
  assert.equal(ran.status, 1)
  assert.match(ran.stdout, /root\.key is lost/)
})

test('a killed server is started again on the database it left running', async () => {
  process.kill(pid(), 'SIGKILL')
  await refused(`http://127.0.0.1:${port}/livez`)
  const ran = up()
  assert.equal(ran.status, 0, ran.stderr)
  assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
})

test('down stops cleanly, a second down has nothing to do, and the next start is ready', () => {
  assert.deepEqual(lastJson(probity(['down', '--data', data, '--json'])), { stopped: true })
  assert.deepEqual(lastJson(probity(['down', '--data', data, '--json'])), { stopped: false })
  assert.equal(up().status, 0)
  assert.equal(probity(['down', '--data', data]).status, 0)
})

test('a server.json of a process that is gone, or of another one, does not keep it from starting', () => {
  writeFileSync(join(data, 'server.json'), JSON.stringify({ pid: process.pid, birth: '1', url: 'http://nowhere' }))
  assert.equal(up().status, 0)
  assert.equal(probity(['down', '--data', data]).status, 0)
})

test('a busy port is said, and nothing is left running', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(Number(port), '127.0.0.1', resolve))
  const ran = up()
  await new Promise((resolve) => other.close(resolve))
  assertSentence(ran, new RegExp(`port ${port} .* is taken`))
  assert.equal(up().status, 0)
  assert.equal(probity(['down', '--data', data]).status, 0)
})

test('a lost root key is said before anything is written, and no new one is made', () => {
  renameSync(join(data, 'root.key'), join(data, 'root.key.away'))
  assertSentence(up(), /root key .*root\.key is lost/)
  renameSync(join(data, 'root.key.away'), join(data, 'root.key'))
})

test('a wrong root key is said before anything is written', () => {
  renameSync(join(data, 'root.key'), join(data, 'root.key.away'))
  writeFileSync(join(data, 'root.key'), `${Buffer.alloc(32, 3).toString('base64')}\n`, { mode: 0o600 })
  assertSentence(up(), /root key is not the one/)
  rmSync(join(data, 'root.key'))
  renameSync(join(data, 'root.key.away'), join(data, 'root.key'))
  assert.equal(up().status, 0)
  assert.equal(probity(['down', '--data', data]).status, 0)
})

test('an unknown or bad setting stops the start with its name', () => {
  assertSentence(up([], { PROBITY_COLOUR: 'blue' }), /PROBITY_COLOUR/)
  assertSentence(up([], { PROBITY_SESSION_IDLE_SECONDS: 'soon' }), /session_idle_seconds/)
  assertSentence(up(['--config', join(folder.path, 'nowhere.json')]), /nowhere\.json cannot be read/)
})

test('a wrong DATABASE_URL is said without its password', async () => {
  const free = await freePort()
  for (const [url, sentence] of [
    ['not a url', /DATABASE_URL is not of the form/],
    [`postgres://owner:secret-word@127.0.0.1:${free}/db`, /no PostgreSQL answers at 127\.0\.0\.1/],
    ['postgres://owner:secret-word@no-such-host.invalid/db', /host no-such-host\.invalid is not known/],
  ] as const) {
    const ran = probity(['up', '--data', join(folder.path, 'other'), '--port', port, '--detach'], { DATABASE_URL: url })
    assertSentence(ran, sentence)
    assert.doesNotMatch(ran.stderr, /secret-word/)
  }
})

test('config lists every setting and masks secrets', () => {
  const ran = probity(['config', '--json'], { DATABASE_URL: 'postgres://owner:secret-word@127.0.0.1/db' })
  assert.equal(ran.status, 0, ran.stderr)
  assert.doesNotMatch(ran.stdout, /secret-word/)
  const { settings } = lastJson<{ settings: { environment: string }[] }>(ran)
  assert.ok(settings.some((setting) => setting.environment === 'DATABASE_URL'))
  assert.ok(settings.some((setting) => setting.environment === 'PROBITY_PORT'))
})
