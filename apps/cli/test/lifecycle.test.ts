import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { assertFailure, freePort, lastJson, probity, type Ran, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const data = join(folder.path, 'data')
let port = ''

before(async () => {
  chmodSync(folder.path, 0o711) // so that the user of PostgreSQL gets to its cluster in there
  port = String(await freePort())
})
after(() => {
  probity(['down', '--data', data])
  folder.remove()
})

const up = (more: string[] = [], environment = {}) =>
  probity(['up', '--data', data, '--port', port, '--detach', '--json', ...more], environment)

/** One clear sentence, the exit code, no stack. */
function assertSentence(ran: Ran, sentence: RegExp, status = 1): void {
  assert.equal(ran.status, status, ran.stdout + ran.stderr)
  assert.match(ran.stderr + ran.stdout, sentence)
  assert.doesNotMatch(ran.stderr, /\n\s+at /)
}

const doctor = (...more: string[]) => probity(['doctor', '--data', data, ...more])

/** The user nobody, as whom a test run by root looks at what is not its own. */
const NOBODY = 65_534

/** Why this run cannot be somebody else; false when it can. */
function cannotBeNobody(): string | false {
  if (process.getuid?.() !== 0) return 'only root can become another user'
  const { status } = probity(['--version'], {}, { uid: NOBODY, gid: NOBODY })
  return status === 0 ? false : 'another user cannot reach this checkout'
}

/** The embedded PostgreSQL's process. */
function postmaster(): number {
  return Number(readFileSync(join(data, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
}

/** Folder of its socket. */
function socketFolder(): string {
  return readFileSync(join(data, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[4] ?? ''
}

/** Waits until an address answers with a status. */
async function answers(url: string, status: number): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    if ((await fetch(url).catch(() => null))?.status === status) return
  }
  throw new Error(`${url} does not answer ${status}`)
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

test('doctor says a server that does not answer, and one whose database is away, and what to do', async () => {
  process.kill(pid(), 'SIGSTOP')
  assertSentence(doctor(), /BAD {2}server: process \d+ does not answer/)
  process.kill(pid(), 'SIGCONT')
  const control = join(data, 'postgres', 'global')
  renameSync(control, `${control}.away`) // so that it can't be started again
  process.kill(postmaster(), 'SIGKILL')
  try {
    await answers(`http://127.0.0.1:${port}/readyz`, 503)
    assertSentence(doctor(), /BAD {2}server: .* answers 503 .*its database does not answer; .*server\.log/)
  } finally {
    renameSync(`${control}.away`, control)
  }
  await answers(`http://127.0.0.1:${port}/readyz`, 200)
})

test('doctor and down say a server.json that they may not read', { skip: cannotBeNobody() }, () => {
  const nobody = { uid: NOBODY, gid: NOBODY }
  const ran = probity(['doctor', '--data', data, '--json'], {}, nobody)
  assert.match(ran.stdout, /cannot read .*server\.json \(permission denied\)/)
  assertFailure(ran, /checks? failed: .*server/, 1)
  assertFailure(probity(['down', '--data', data, '--json'], {}, nobody), /server\.json cannot be read/, 3)
  for (const more of [[], ['--detach']]) {
    const started = probity(['up', '--data', data, '--port', port, '--json', ...more], {}, nobody)
    assertFailure(started, /data folder .* cannot be used: permission denied; run this as its owner/, 1)
  }
})

test('a killed server is started again on the database it left running, which doctor says', async () => {
  process.kill(pid(), 'SIGKILL')
  await refused(`http://127.0.0.1:${port}/livez`)
  assertSentence(
    doctor('--port', port),
    /BAD {2}database: a killed server left its PostgreSQL running .* up takes it over/,
  )
  const ran = up()
  assert.equal(ran.status, 0, ran.stderr)
  assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
})

test('down stops cleanly, a second down has nothing to do, and the next start is ready', () => {
  const sockets = socketFolder()
  assert.ok(existsSync(sockets))
  assert.deepEqual(lastJson(probity(['down', '--data', data, '--json'])), { stopped: true })
  assert.ok(!existsSync(sockets), 'the folder of its socket is gone')
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
  const examined = doctor('--port', port)
  await new Promise((resolve) => other.close(resolve))
  assertSentence(ran, new RegExp(`port ${port} .* is taken`))
  assertSentence(examined, new RegExp(`BAD  port: ${port} .* is taken`))
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
  assertSentence(up([], { PROBITY_COLOUR: 'blue' }), /PROBITY_COLOUR/, 2)
  assertSentence(up([], { PROBITY_SESSION_IDLE_SECONDS: 'soon' }), /PROBITY_SESSION_IDLE_SECONDS must be a whole/, 2)
  assertSentence(up(['--config', join(folder.path, 'nowhere.json')]), /nowhere\.json cannot be read/, 2)
})

test('a wrong DATABASE_URL is said without its password', async () => {
  const free = await freePort()
  for (const [url, status, sentence] of [
    ['not a url', 2, /DATABASE_URL is not of the form/],
    [`postgres://owner:secret-word@127.0.0.1:${free}/db`, 3, /no PostgreSQL answers at 127\.0\.0\.1/],
    ['postgres://owner:secret-word@no-such-host.invalid/db', 3, /host no-such-host\.invalid is not known/],
  ] as const) {
    const ran = probity(['up', '--data', join(folder.path, 'other'), '--port', port, '--detach'], { DATABASE_URL: url })
    assertSentence(ran, sentence, status)
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
