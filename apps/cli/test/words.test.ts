import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePort, probity, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
after(() => folder.remove())

const COMMANDS = [...probity(['help']).stdout.matchAll(/^ {2}(\w+(?: \w+)?) {2}/gm)].map((match) => match[1] ?? '')

test('help names every command', () => {
  for (const name of ['up', 'down', 'init', 'audit send', 'audit export', 'verify', 'subject erase', 'key rotate']) {
    assert.ok(COMMANDS.includes(name), name)
  }
})

test('-h of every command shows usage, an example and exit codes', () => {
  for (const name of COMMANDS) {
    const ran = probity([...name.split(' '), '-h'])
    assert.equal(ran.status, 0, name)
    assert.match(ran.stdout, /usage/i, name)
    assert.match(ran.stdout, /example/i, name)
    assert.match(ran.stdout, /exit/i, name)
  }
})

test('wrong words end with 2 and say what would be right', () => {
  for (const words of [
    ['nope'],
    ['audit', 'send'],
    ['audit', 'send', '--nope', 'x'],
    ['init'],
    ['subject', 'erase', 'x'],
  ]) {
    const ran = probity(words, { PROBITY_TOKEN: 'x' })
    assert.equal(ran.status, 2, `${words.join(' ')}: ${ran.stderr}`)
    assert.notEqual(ran.stderr, '')
  }
})

test('what cannot be looked at ends with 3: no file, no key, no server', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const file = join(folder.path, 'events.ndjson')
  writeFileSync(file, '{"event_type":"x"}\n')
  assert.equal(probity(['verify', join(folder.path, 'none'), '--key', 'none']).status, 3)
  assert.equal(probity(['audit', 'send', join(folder.path, 'none')], { PROBITY_TOKEN: 'x' }).status, 3)
  const ran = probity(['audit', 'send', file], { PROBITY_TOKEN: 'x', PROBITY_URL: url })
  assert.equal(ran.status, 3, ran.stderr)
  assert.match(ran.stderr, /does not answer/)
})
