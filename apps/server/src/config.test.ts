import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { describeConfig, loadConfig } from './config.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'probity-config-'))
})
after(() => rm(folder, { recursive: true }))

const wrong = (environment: Record<string, string>) =>
  loadConfig({ data: folder }, environment, null).then(
    () => assert.fail('it was accepted'),
    ({ message }: Error) => message,
  )

test('a wrong variable of the environment is named as it was written, with what is allowed', async () => {
  for (const [name, value, allowed] of [
    ['PROBITY_SESSION_IDLE_SECONDS', 'soon', 'must be a whole number from 1 to 31536000'],
    ['PROBITY_SESSION_IDLE_SECONDS', '0', 'must be a whole number from 1 to 31536000'],
    ['PROBITY_PORT', '70000', 'must be a whole number from 0 to 65535'],
    ['PROBITY_port', '1.5', 'must be a whole number from 0 to 65535'],
    ['PROBITY_RATE_LIMIT_PER_SECOND', '0', 'must be a number, 1 or more'],
    ['PROBITY_LOG_LEVEL', 'loud', 'must be debug, info, warn, error or silent'],
    ['PROBITY_PUBLIC_URL', 'here', 'must be a URL, as https://audit.example.org'],
    ['PROBITY_OTLP_TRACES_URL', 'ftp://x.example', 'must be a URL of http or https'],
    ['PROBITY_ROOT_KEY', 'short', 'must be 32 bytes in base64'],
    ['PROBITY_PASSWORD_HASH_KIB', '19455', 'must be a whole number from 19456 to 1048576'],
    ['PROBITY_PASSWORD_HASH_PASSES', '1', 'must be a whole number from 2 to 100'],
    ['PROBITY_ORIGIN', 'a b', 'must be a host name, with or without a path'],
  ] as const)
    assert.equal(await wrong({ [name]: value }), `${name} ${allowed}; see probity config`)
})

test('every setting that is wrong in the file is named with the file, and says what it must be', async () => {
  const file = join(folder, 'config.json')
  const names = describeConfig(await loadConfig({ data: folder }, {}, null)).map(({ name }) => name)
  assert.ok(names.length > 20)
  for (const name of names.filter((one) => one !== 'root_key')) {
    await writeFile(file, JSON.stringify({ [name]: { not: 'this' } }))
    const { message } = await loadConfig({}, {}, file).then(
      () => assert.fail(`${name} was accepted`),
      (error: Error) => error,
    )
    const [begin, end] = [`the setting ${name} in ${file} must be `, '; see probity config']
    assert.ok(message.startsWith(begin) && message.endsWith(end), message)
  }
  await writeFile(file, '{"colour": "blue"}')
  await assert.rejects(loadConfig({}, {}, file), {
    message: `the setting colour in ${file} is not known; see probity config`,
  })
})

test('a gateway for text messages is not set without what its requests are signed by', async () => {
  const given = { data: folder, sms_url: 'https://sms.example/send' }
  const file = join(folder, 'empty')
  await writeFile(file, '{}')
  await assert.rejects(loadConfig(given, {}, file), /sms_url needs sms_secret/)
  assert.equal((await loadConfig({ ...given, sms_secret: 'x' }, {}, file)).sms_url, given.sms_url)
})

test('what the command line says wins over the environment, and is named by its option where it is wrong', async () => {
  const load = (port: string) => loadConfig({ data: folder, port }, { PROBITY_PORT: 'x' }, join(folder, 'none'))
  await writeFile(join(folder, 'none'), '{}')
  assert.equal((await load('1234')).port, 1234)
  await assert.rejects(load('-1'), { message: /^--port must be a whole number from 0 to 65535;/ })
})

test('passwords are hashed as RFC 9106 recommends unless somebody asks for less', async () => {
  const data = join(folder, 'fresh')
  const { password_hash_kib, password_hash_passes } = await loadConfig({ data }, {}, null)
  assert.deepEqual([password_hash_kib, password_hash_passes], [64 * 1024, 3])
})
