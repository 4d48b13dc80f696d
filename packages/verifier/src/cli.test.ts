import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { CODEC_STORED } from '@probity/core'
import { buildVerifier } from '../build.ts'
import { rangeFrames, seal } from '../test/exports.ts'
import { TestLog } from '../test/log.ts'
import type { Result } from './result.ts'

const folder = mkdtempSync(join(tmpdir(), 'probity-verify-'))
const file = (name: string) => join(folder, name)
const program = file('probity-verify.js')
const browserProgram = file('probity-verify-browser.js')

// Large enough to be worth threads.
const log = TestLog.of(12_000, 'log', { filler: 'x'.repeat(200) })
const fork = TestLog.of(12_000, 'log', { filler: 'y'.repeat(200) })
const key = log.verifierKey()

function run(...args: string[]) {
  return runWith(undefined, ...args)
}

function runWith(input: Uint8Array | undefined, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(execPath, [program, ...args], {
    encoding: 'utf8',
    cwd: folder,
    ...(input && { input }),
  })
  const result = (): Result => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
  return { status, stdout, stderr, result }
}

before(async () => {
  await buildVerifier(folder)
  const whole = seal(rangeFrames(log, { codec: CODEC_STORED }))
  assert.ok(whole.length > 2 ** 22)
  writeFileSync(file('whole.export'), whole)
  const changed = Uint8Array.from(whole)
  const at = Buffer.from(whole).indexOf('"n":9000}')
  changed[at + 4] = 0x38
  writeFileSync(file('changed.export'), changed)
  writeFileSync(file('cut.export'), whole.subarray(0, -1000))
  writeFileSync(file('entry.tlog-proof'), log.receipt(77))
  writeFileSync(file('keys'), `# the log's key\n\n${key}\n`)
  writeFileSync(file('earlier'), log.checkpoint(5000))
  writeFileSync(file('later'), log.checkpoint(12_000))
  writeFileSync(file('fork'), fork.checkpoint(5000))
  writeFileSync(file('garbage'), Uint8Array.of(0xff, 0xfe, 0))
  log.append({})
  writeFileSync(file('much-later'), log.checkpoint())
})

after(() => rmSync(folder, { recursive: true }))

test('the verifier is one file below 64 kB that imports nothing but Node and opens no connection', () => {
  const text = readFileSync(program, 'utf8')
  assert.ok(statSync(program).size < 64_000, `${statSync(program).size} bytes`)
  for (const forbidden of ['node:net', 'node:http', 'node:https', 'node:tls', 'node:dgram', 'fetch(', 'require(']) {
    assert.ok(!text.includes(forbidden), forbidden)
  }
  const imports = [...text.matchAll(/(?:from|import)\s*\(?["']([^"']+)["']/g)].map(([, name]) => name)
  assert.deepEqual(
    imports.filter((name) => !name?.startsWith('node:')),
    [],
  )
})

test('the verifier for browsers imports nothing and opens no connection', () => {
  const text = readFileSync(browserProgram, 'utf8')
  for (const forbidden of ['node:', 'fetch(', 'XMLHttpRequest', 'WebSocket'])
    assert.ok(!text.includes(forbidden), forbidden)
  assert.deepEqual([...text.matchAll(/from\s*["']/g)].length, 0)
})

test('0: an export verifies in threads, with a key in the command or in a file', () => {
  for (const given of [key, 'keys']) {
    const { status, stdout } = run('whole.export', '--key', given)
    assert.equal(status, 0)
    assert.match(stdout, /^verified: range of 12000 entries from 0 to 12000, 4000 opened parts of log\.example/)
  }
  assert.equal(run('whole.export', '--key', 'keys', '--pin', 'earlier').status, 0)
  assert.equal(run('entry.tlog-proof', '--key', 'keys').status, 0)
})

test('1: a changed, cut, forked or rolled back export is named as such', () => {
  const code = (...args: string[]) => {
    const { status, result } = run(...args, '--key', 'keys', '--json')
    assert.equal(status, 1)
    const found = result()
    return found.verified ? null : [found.code, found.index]
  }
  assert.deepEqual(code('changed.export'), ['ENTRY_CHANGED', 9000])
  assert.equal(code('cut.export')?.[0], 'TRUNCATED')
  assert.deepEqual(code('whole.export', '--pin', 'fork'), ['FORK', null])
  assert.deepEqual(code('whole.export', '--pin', 'much-later'), ['ROLLBACK', null])
  assert.deepEqual(code('garbage'), ['FORMAT_UNKNOWN', null])
  assert.deepEqual(code('keys'), ['RECEIPT_MALFORMED', null])
})

test('2: wrong usage', () => {
  const malformed = key.replace(/\+[0-9a-f]{8}\+/, '+00000000+')
  for (const args of [
    [],
    ['a', 'b'],
    ['whole.export', '--unknown'],
    ['whole.export', '--key'],
    ['whole.export'],
    ['whole.export', '--key', malformed],
  ]) {
    const { status, stdout, stderr } = run(...args)
    assert.equal(status, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /Usage/)
  }
})

test('3: no such file, no key, no such pin, a pin that cannot decide', () => {
  for (const args of [
    ['absent', '--key', 'keys'],
    ['whole.export', '--key', 'absent'],
    ['whole.export', '--key', 'garbage'],
    ['whole.export', '--key', 'keys', '--pin', 'absent'],
    ['whole.export', '--key', 'keys', '--pin', 'keys'],
    ['.', '--key', 'keys'],
    ['entry.tlog-proof', '--key', 'keys', '--pin', 'earlier'],
  ]) {
    const { status, result } = run(...args, '--json')
    assert.equal(status, 3, args.join(' '))
    assert.equal(result().verified, false)
  }
})

test('with --json every failure is an object with error, message and exit_code on the last line', () => {
  for (const [status, error, ...args] of [
    [1, 'ENTRY_CHANGED', 'changed.export', '--key', 'keys'],
    [2, 'USAGE', 'whole.export'],
    [2, 'USAGE', '--nope'],
    [3, 'NOT_CHECKED', 'absent', '--key', 'keys'],
    [3, 'PIN_UNDECIDED', 'entry.tlog-proof', '--key', 'keys', '--pin', 'earlier'],
  ] as const) {
    const ran = run(...args, '--json')
    assert.equal(ran.status, status, args.join(' '))
    const told = JSON.parse(ran.stdout.trimEnd().split('\n').at(-1) ?? '')
    assert.deepEqual([told.error, told.exit_code], [error, status])
    assert.match(told.message, /\w/)
  }
})

test('what was not looked at is said to be not checked, with what is missing, and not on standard output', () => {
  for (const [sentence, ...args] of [
    [/NOT CHECKED: there is no file absent\n/, 'absent', '--key', 'keys'],
    [/NOT CHECKED: there is no key file absent\n/, 'whole.export', '--key', 'absent'],
    [/NOT CHECKED: the key file earlier does not hold keys/, 'whole.export', '--key', 'earlier'],
    [/NOT CHECKED: there is no pin absent\n/, 'whole.export', '--key', 'keys', '--pin', 'absent'],
    [/NOT CHECKED: the pin keys is not a checkpoint/, 'whole.export', '--key', 'keys', '--pin', 'keys'],
    [/the pin entry.tlog-proof is not a checkpoint/, 'whole.export', '--key', 'keys', '--pin', 'entry.tlog-proof'],
    [/NOT CHECKED: the file \. is a folder/, '.', '--key', 'keys'],
  ] as const) {
    const { status, stdout, stderr } = run(...args)
    assert.equal(status, 3)
    assert.equal(stdout, '')
    assert.match(stderr, sentence)
  }
})

test('a file that is neither export nor receipt is named as such, with what it is', () => {
  writeFileSync(file('empty'), '')
  for (const [name, sentence] of [
    ['garbage', /the file garbage is neither an export nor a receipt\n/],
    ['empty', /neither an export nor a receipt: it is empty/],
    ['keys', /neither an export nor a receipt: it holds keys, which belong after --key/],
    ['earlier', /neither an export nor a receipt: it is a checkpoint, which belongs after --pin/],
  ] as const) {
    const { status, stdout } = run(name, '--key', 'keys')
    assert.equal(status, 1)
    assert.match(stdout, sentence)
  }
})

test('a key may be the text of a key file of several lines', () => {
  const other = TestLog.of(1, 'other').verifierKey()
  assert.equal(run('entry.tlog-proof', '--key', `${other}\n${key}\n`).status, 0)
  assert.match(run('entry.tlog-proof', '--key', `${other}\nnonsense`).stderr, /--key: .*"nonsense"/)
})

test('- is standard input, for an export and for a receipt', () => {
  const small = seal(rangeFrames(TestLog.of(1), { codec: CODEC_STORED }))
  assert.match(runWith(small, '-', '--key', 'keys').stdout, /^verified: range of 1 entry from 0 to 1, 1 opened part of/)
  assert.equal(runWith(small.subarray(0, -1), '-', '--key', 'keys').status, 1)
  assert.equal(runWith(readFileSync(file('entry.tlog-proof')), '-', '--key', 'keys').status, 0)
})

test('the end of a range is said to be exclusive', () => {
  assert.match(run('whole.export', '--key', 'keys').stdout, /entry 12000 not included\n$/)
})

test('an export older than its pin is refused, and the refusal says that it may only be older', () => {
  const { status, stdout } = run('whole.export', '--key', 'keys', '--pin', 'much-later')
  assert.equal(status, 1)
  assert.match(
    stdout,
    /^NOT VERIFIED ROLLBACK: .* unless this file is older than the pin, which then says nothing of it/,
  )
})

test('-h says what a pin is, where it comes from and from where an export is compared', () => {
  const { status, stdout } = run('-h')
  assert.equal(status, 0)
  for (const words of [/audit checkpoint --out/, /compared from its beginning/, /^Usage: probity-verify /])
    assert.match(stdout, words)
})

test('the verifier for browsers finds the same as that for Node', async () => {
  const { verifyExport, verifyReceipt, parseVerifierKey, browserCrypto } = await import(
    pathToFileURL(browserProgram).href
  )
  const keys = [parseVerifierKey(browserCrypto.sha256, key)]
  const small = TestLog.of(300)
  const bytes = seal(rangeFrames(small))
  assert.equal((await verifyExport(new Blob([bytes]), keys)).verified, true)
  assert.equal((await verifyExport(new Blob([bytes.subarray(0, -1)]), keys)).code, 'TRUNCATED')
  assert.equal((await verifyExport(new Blob([bytes]), keys, { pin: small.checkpoint(100) })).verified, true)
  assert.equal(verifyReceipt(small.receipt(7), keys).verified, true)
  assert.equal(verifyReceipt(small.receipt(7), []).code, 'SIGNATURE_MISSING')
})
