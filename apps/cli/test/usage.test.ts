import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { assertFailure, freePort, lastJson, probity, probityAsync, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
after(() => folder.remove())
const TOKEN = { PROBITY_TOKEN: 'x' }

test('wrong usage ends with 2, a sentence that names the option, and with --json an object', async () => {
  const cases: [RegExp, string[], Record<string, string>?][] = [
    [/--port is a whole number from 0 to 65535/, ['up', '--port', 'abc']],
    [/--port is a whole number/, ['up', '--port', '99999', '--detach']],
    [/--port is a whole number/, ['up', '--port=-5']],
    [/PROBITY_FOO/, ['up', '--data', join(folder.path, 'none')], { PROBITY_FOO: '1' }],
    [/DATABASE_URL is not of the form/, ['up', '--data', join(folder.path, 'none')], { DATABASE_URL: 'nonsense' }],
    [/PROBITY_URL is not an address/, ['audit', 'search'], { PROBITY_URL: 'foo' }],
    [/--url is not an address/, ['audit', 'search', '--url', 'ftp://x']],
    [/--limit is a whole number from 1 to 500/, ['audit', 'search', '--limit', '0']],
    [/--outcome is one of Success/, ['audit', 'search', '--outcome', 'Foo']],
    [/did you mean Failure\?/, ['audit', 'search', '--outcome', 'failure']],
    [/--start-time is a time/, ['audit', 'search', '--start-time', 'yesterday']],
    [/--text has at least 2/, ['audit', 'search', '--text', 'a']],
    [/"0192" is not the id of a token/, ['token', 'revoke', '0192']],
    [/"foo" is not the id of an event/, ['audit', 'receipt', 'foo']],
    [/--days is a whole number/, ['token', 'create', '--name', 'a', '--scopes', 'audit:read', '--days', 'abc']],
    [/--start is a whole number/, ['audit', 'export', '--out', 'x', '--start', 'x']],
    [/--end 1 lies before --start 2/, ['audit', 'export', '--out', 'x', '--start', '2', '--end', '1']],
    [/--count is a whole number/, ['audit', 'tail', '--count', 'x']],
    [/--from is a whole number/, ['audit', 'tail', '--from', '-']],
    [/--method is one of/, ['subject', 'erase', 'x', '--yes', '--method', 'Fire']],
    [/--key is missing/, ['verify', 'x']],
    [/EVENT_ID is missing/, ['audit', 'receipt']],
    [/"b" is one word too many/, ['audit', 'receipt', 'a', 'b']],
    [/Unknown option '--nope'/, ['audit', 'search', '--nope']],
    [/PROBITY_TOKEN is not set/, ['audit', 'search'], { PROBITY_TOKEN: '' }],
    [/PROBITY_TOKEN is not a token/, ['audit', 'search'], { PROBITY_TOKEN: 'a\nb' }],
  ]
  await Promise.all(
    cases.map(async ([named, words, environment]) => {
      const ran = await probityAsync([...words, '--json'], { ...TOKEN, ...environment })
      assertFailure(ran, named, 2)
      assert.equal(lastJson<{ error: string }>(ran).error, 'USAGE', words.join(' '))
    }),
  )
})

test('an unknown command names the nearest one', () => {
  for (const [words, near] of [
    [['audit', 'snd'], 'audit send'],
    [['serach'], 'audit search'],
    [['audt', 'serch'], 'audit search'],
    [['verfy', 'file'], 'verify'],
    [['dwn'], 'down'],
  ] as const) {
    assertFailure(probity([...words, '--json']), new RegExp(`did you mean "${near}"\\?`), 2)
  }
  assert.doesNotMatch(probity(['xylophone']).stderr, /did you mean/)
})

test('a group of commands has its own help, and --version the version', async () => {
  const groups = ['audit', 'tenant', 'token', 'key', 'subject']
  const helps = await Promise.all(groups.map((group) => probityAsync([group, '-h'])))
  for (const [i, { status, stdout }] of helps.entries()) {
    assert.equal(status, 0, groups[i])
    assert.match(stdout, new RegExp(`^  ${groups[i]} \\w+  `, 'm'))
  }
  assertFailure(probity(['audit', '--json']), /"audit" is a group of commands/, 2)
  assert.match(probity(['--version']).stdout, /^probity \d+\.\d+\.\d+\n$/)
})

test('the exit codes are one table, in the help and in every -h', () => {
  const table = /Exit codes:\n {2}0: done.*\n {2}1: .*\n {2}2: wrong usage.*\n {2}3: .*\n/
  for (const words of [['-h'], ['audit', '-h'], ['token', 'create', '-h']])
    assert.match(probity(words).stdout, table, words.join(' '))
})

test('-h of what calls the server says which one that is, and verify calls itself by its whole name', () => {
  assert.match(probity(['audit', 'send', '-h']).stdout, /PROBITY_URL, else http:\/\/127\.0\.0\.1:4400/)
  assert.match(probity(['verify', '-h']).stdout, /^Usage: \S*probity verify FILE/)
  assert.match(probity(['init', '-h']).stdout, /--password-file F \[--tenant NAME\] \[--username N\] \[--url U\]/)
})

test('a place where nothing can be made is said by up, at once and with nothing left running', () => {
  const file = join(folder.path, 'file')
  writeFileSync(file, '')
  for (const [data, sentence] of [
    ['/proc/probity-test', /nothing can be made there/],
    [file, /is a file/],
    [join(file, 'below'), /lies below .*file, a file/],
  ] as const) {
    for (const more of [[], ['--detach']])
      assertFailure(probity(['up', '--data', data, '--json', ...more]), sentence, 1)
  }
})

test('what is not there is named: a folder, a file, a key', () => {
  const none = join(folder.path, 'none')
  const file = join(folder.path, 'receipt')
  writeFileSync(file, 'x')
  assertFailure(probity(['down', '--data', none, '--json']), /there is no folder .*none/, 3)
  assertFailure(probity(['audit', 'send', none, '--json'], TOKEN), /none cannot be read: there is no such file/, 3)
  assertFailure(probity(['audit', 'send', folder.path, '--json'], TOKEN), /cannot be read: it is a folder/, 3)
  assertFailure(probity(['verify', none, '--key', file, '--json']), /the key file .* does not hold keys/, 3)
  assertFailure(probity(['verify', file, '--key', none, '--json']), /NOT CHECKED: there is no key file .*none/, 3)
})

test('a server that is away, busy or none of ours ends with 3', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  assertFailure(probity(['audit', 'search', '--json'], { ...TOKEN, PROBITY_URL: url }), /does not answer/, 3)
  let status = 503
  const other = createServer((_, answer) => void answer.writeHead(status).end('<html>'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const search = () =>
    probityAsync(['audit', 'search', '--json'], { ...TOKEN, PROBITY_URL: `http://127.0.0.1:${port}` })
  try {
    assertFailure(await search(), /the server answered 503/, 3)
    status = 200
    assertFailure(await search(), /what answers there is not Probity/, 3)
  } finally {
    other.close()
  }
})
