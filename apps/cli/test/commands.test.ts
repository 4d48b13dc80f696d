import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { assertFailure, freePort, lastJson, probity, startProbity, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const data = join(folder.path, 'data')
const file = (name: string) => join(folder.path, name)
const here: Record<string, string> = {}
let setup = ''
let hints = ''

const PAID = '{"event_type":"invoice.paid","user_id":"pedro","outcome":"Success","ip_address":"192.0.2.7"}\n'
const NOBODY = '00000000-0000-0000-0000-000000000000'

const run = (words: string[], input?: string | Buffer) => probity(words, here, input === undefined ? {} : { input })

/** Runs what has to work; answers its output. */
function did(...words: string[]): string {
  const ran = run(words)
  assert.equal(ran.status, 0, `${words.join(' ')}: ${ran.stderr}`)
  return ran.stdout
}

before(async () => {
  writeFileSync(file('password'), 'correct horse battery staple\n')
  writeFileSync(file('event.ndjson'), PAID)
  const up = probity(['up', '--data', data, '--port', String(await freePort()), '--detach'])
  assert.equal(up.status, 0, up.stderr)
  setup = up.stdout
  hints = up.stderr
})
after(() => {
  probity(['down', '--data', data])
  folder.remove()
})

test('what up prints for the first administrator is a command that works, without a word of where the server is', () => {
  const [, link = ''] = /init --setup-url '([^']+)' --tenant NAME --email EMAIL --password-file FILE/.exec(setup) ?? []
  writeFileSync(file('short'), 'short\n')
  const words = ['init', '--setup-url', link, '--tenant', 'acme', '--json']
  const refused = probity([...words, '--email', 'nobody', '--password-file', file('short')])
  assertFailure(refused, /--email: .*; --password-file: must have at least 15/, 2)
  const made = probity([...words, '--email', 'a@example.com', '--password-file', file('password')])
  assert.equal(made.status, 0, made.stderr)
  here.PROBITY_TOKEN = lastJson<{ token: string }>(made).token
  here.PROBITY_URL = new URL(link).origin
})

test('the hint of up names the folder so that a shell takes it back, spaces and all', () => {
  const again = probity(['up', '--data', data, '--detach', '--json'])
  assertFailure(again, /already runs on/, 1)
  assert.match(data, / /)
  assert.ok(hints.includes(`probity down --data '${data}'`), hints)
})

test('gzip and zstd are known by their first bytes, on standard input and under any name', () => {
  writeFileSync(file('packed.dat'), gzipSync(PAID))
  writeFileSync(file('plain.gz'), PAID)
  for (const [name, input] of [
    ['-', gzipSync(PAID)],
    ['-', zstdCompressSync(PAID)],
    ['-', PAID],
    [file('packed.dat'), ''],
    [file('plain.gz'), ''],
  ] as const) {
    const ran = run(['audit', 'send', name, '--json'], input)
    assert.equal(ran.status, 0, ran.stderr)
    assert.equal(lastJson<{ accepted: number }>(ran).accepted, 1)
  }
})

test('events without an id of their own are said to be new each time, in one line; others are not', () => {
  const hint = /^the events carry no event_id: sent again, they would be recorded again; .*\n$/
  const named = PAID.replace('{', '{"event_id":"order-1",')
  const long = `\n${PAID}${named.repeat(9)}`
  for (const input of [PAID, PAID.trim(), long, gzipSync(long), zstdCompressSync(PAID)])
    assert.match(run(['audit', 'send', '-'], input).stderr, hint)
  for (const input of [named, gzipSync(named), zstdCompressSync(named + PAID)])
    assert.equal(run(['audit', 'send', '-'], input).stderr, '')
  const github = run(['audit', 'send', '--format', 'github', '-'], '{"action":"repo.create","actor":"ann"}\n')
  assert.equal(github.stderr, '')
})

test('an input without an event is said to hold nothing', () => {
  const ran = run(['audit', 'send', '-'], '')
  assert.equal(ran.status, 0)
  assert.match(ran.stderr, /there was nothing in standard input/)
})

test('refused lines are told in their order, with how to go on', () => {
  const ran = run(['audit', 'send', '-', '--json'], `{}\n${PAID}{bad\n${PAID}{}\n`)
  assertFailure(ran, /unless they carry event_id/, 1)
  const lines = [...ran.stderr.matchAll(/^line (\d+): /gm)].map(([, line]) => Number(line))
  assert.deepEqual(lines, [1, 3, 5])
  assert.equal(lastJson<{ accepted: number }>(ran).accepted, 2)
})

test('search --personal shows what was opened, for people too', () => {
  assert.doesNotMatch(did('audit', 'search', '--event-type', 'invoice.paid'), /pedro/)
  assert.match(did('audit', 'search', '--event-type', 'invoice.paid', '--personal'), /opened: .*=pedro .*=192\.0\.2\.7/)
})

test('a search without a hit says so, and not on standard output', () => {
  const ran = run(['audit', 'search', '--event-type', 'nothing.like.it'])
  assert.deepEqual([ran.status, ran.stdout], [0, ''])
  assert.match(ran.stderr, /no event matches/)
})

test('a checkpoint that was kept is a pin for later exports and not for earlier ones', () => {
  did('audit', 'key', '--out', file('log.key'))
  did('audit', 'export', '--out', file('early.probity'))
  did('audit', 'send', file('event.ndjson'))
  did('audit', 'checkpoint', '--out', file('kept checkpoint'))
  did('audit', 'send', file('event.ndjson'))
  did('audit', 'export', '--out', file('late.probity'))
  const verify = (name: string) =>
    run(['verify', file(name), '--key', file('log.key'), '--pin', file('kept checkpoint'), '--json'])
  assert.equal(verify('late.probity').status, 0)
  const early = verify('early.probity')
  assert.equal(early.status, 1)
  assert.match(lastJson<{ message: string }>(early).message, /unless this file is older than the pin/)
  assert.match(did('audit', 'checkpoint'), /^\S+\/[0-9a-f-]{36}\n\d+\n/)
})

test('verify says how much was looked at, and fails for a range that is not there', () => {
  const all = JSON.parse(did('audit', 'verify', '--json'))
  assert.equal(all.valid, true)
  assert.ok(all.chain_length > 0)
  assert.match(did('audit', 'verify', '--start', '0', '--end', '1'), /^verified: 1 entry from 0 to 1$/m)
  assertFailure(run(['audit', 'verify', '--end', '1000000', '--json']), /outside what exists, size \d+/, 1)
  assertFailure(run(['audit', 'verify', '--start', '3', '--end', '1', '--json']), /--end 1 lies before --start 3/, 2)
})

test('a range says that its end is not part of it, and how to check it, with the path quoted', () => {
  const said = did('audit', 'export', '--out', file('range.probity'), '--start', '0', '--end', '2')
  assert.match(said, /entries 0 up to but without 2, .*: \S*probity verify '.*range\.probity' --key KEY/)
  assert.match(did('verify', file('range.probity'), '--key', file('log.key')), /entry 2 not included/)
})

test('a place that cannot be written is named with the cause, and nothing is left there', () => {
  for (const [out, sentence] of [
    [join(folder.path, 'none', 'x'), /x cannot be written: there is no folder .*none/],
    [join(file('event.ndjson'), 'x'), /x cannot be written: a part of its path is a file/],
    ['/proc/probity-test', /cannot be written: nothing can be made there/],
  ] as const) {
    assertFailure(run(['audit', 'export', '--out', out, '--json']), sentence, 1)
    assertFailure(run(['audit', 'key', '--out', out, '--json']), sentence, 1)
    assert.equal(existsSync(`${out}.part`), false)
  }
  assertFailure(run(['audit', 'export', '--out', folder.path, '--json']), /is a folder/, 2)
})

test('a receipt, a token or a tenant that is not there is named; a bad token names where it came from', () => {
  assertFailure(run(['audit', 'receipt', NOBODY, '--json']), new RegExp(`no event ${NOBODY}`), 1)
  assertFailure(run(['token', 'revoke', NOBODY, '--json']), new RegExp(`no token ${NOBODY}`), 1)
  assertFailure(run(['tenant', 'suspend', NOBODY, '--json']), new RegExp(`no tenant ${NOBODY}`), 1)
  assertFailure(run(['tenant', 'suspend', 'nobody', '--json']), /no tenant named nobody/, 1)
  const ran = probity(['audit', 'search', '--json'], { ...here, PROBITY_TOKEN: 'wrong' })
  assertFailure(ran, /token of PROBITY_TOKEN/, 1)
})

test('a tenant is suspended and reactivated by its name, or by its id', () => {
  const { tenant } = JSON.parse(did('tenant', 'create', 'beta', '--json')) as { tenant: { id: string } }
  assert.match(did('tenant', 'suspend', 'beta'), /beta is suspended/)
  assert.match(did('tenant', 'reactivate', tenant.id), /beta is active/)
})

test('tail ends quietly with 0 when who reads it has had enough', async () => {
  const child = startProbity(['audit', 'tail', '--from', '0'], here)
  let said = ''
  child.stderr.on('data', (piece) => (said += piece))
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const closed = once(child, 'close')
  did('audit', 'send', file('event.ndjson'))
  assert.deepEqual([await closed, said], [[0, null], ''])
})

test('a reader that stops early does not turn what was not verified into success', () => {
  writeFileSync(file('forged.probity'), readFileSync(file('late.probity')).with(900, 0))
  const script = 'set -o pipefail; "$0" verify "$1" --key "$2" | true'
  const launcher = join(import.meta.dirname, '..', '..', '..', 'probity')
  const ran = spawnSync('bash', ['-c', script, launcher, file('forged.probity'), file('log.key')], { encoding: 'utf8' })
  assert.deepEqual([ran.status, ran.stderr], [1, ''])
})
