import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parseVerifierKey } from '@probity/core'
import { nodeCrypto, verifyExport, verifyReceipt } from '@probity/verifier/node'
import { unprivilegedUser } from '../../src/platform/database/binaries.ts'
import type { Connection } from '../../src/platform/database/pools.ts'
import { withClient } from '../../src/platform/database/provision.ts'
import { type ServerProcess, startProcess, urlOf } from '../faults/process.ts'
import { caller, setUp } from '../support/server.ts'

// The oldest PostgreSQL that an installation may bring with it.
const PROGRAMS = '/usr/lib/postgresql/15/bin'
const skip = existsSync(join(PROGRAMS, 'initdb')) ? false : `there is no PostgreSQL 15 in ${PROGRAMS}`

const user = unprivilegedUser()
let folder: string
let owner: Connection
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'probity-15-'))
  if (skip === false) owner = await startPostgres()
})
after(async () => {
  if (skip === false) run('pg_ctl', 'stop', '-D', join(folder, 'cluster'), '-m', 'fast', '-w', '-s')
  await rm(folder, { recursive: true, force: true })
})

function run(program: string, ...words: string[]): void {
  const { status, stderr } = spawnSync(join(PROGRAMS, program), words, {
    ...(user ?? {}),
    cwd: '/',
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', program === 'initdb' ? 'pipe' : 'ignore'], // the server would hold the pipe open
  })
  assert.equal(status, 0, `${program}: ${stderr}`)
}

/** A cluster on a Unix socket, and in it an owner as an installation gives one: no superuser. */
async function startPostgres(): Promise<Connection> {
  const password = randomBytes(12).toString('hex')
  const cluster = join(folder, 'cluster')
  await writeFile(join(folder, 'password'), password)
  await mkdir(cluster)
  if (user) for (const path of [folder, cluster, join(folder, 'password')]) await chown(path, user.uid, user.gid)
  const passwordFile = `--pwfile=${join(folder, 'password')}`
  run('initdb', '-D', cluster, '-U', 'postgres', passwordFile, '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C.UTF-8')
  run('pg_ctl', 'start', '-w', '-s', '-D', cluster, '-l', join(folder, 'log'), '-o', `-k '${folder}' -h ''`)
  const superuser = { host: folder, port: 5432, database: 'postgres', user: 'postgres', password }
  await withClient(superuser, async (client) => {
    await client.query(`CREATE ROLE owner LOGIN CREATEROLE CREATEDB PASSWORD '${password}'`)
    await client.query('CREATE DATABASE probity OWNER owner')
    const { rows } = await client.query('SHOW server_version')
    assert.match(rows[0].server_version, /^15\./)
  })
  return { ...superuser, user: 'owner', database: 'probity' }
}

const start = () => startProcess(join(folder, 'data'), { DATABASE_URL: urlOf(owner) })

test('on PostgreSQL 15 events are written, read, proved, erased and verified, keys turn, and it starts again', {
  skip,
}, async () => {
  let server: ServerProcess = await start()
  try {
    const { token } = await setUp(caller(server.url), server.setupUrl ?? '', 'first')
    const call = (method: string, path: string, body?: unknown) => caller(server.url)(method, path, body, { token })
    const did = async (method: string, path: string, body?: unknown) => {
      const answer = await call(method, path, body)
      assert.equal(answer.status, 200, `${path}: ${answer.text}`)
      return answer
    }
    const eventOf = (name: string, i: number) => ({
      event_type: 'oldest',
      user_id: name,
      ip_address: `192.0.2.${i % 200}`,
      personal: { note: `note of ${name}` },
      outcome: 'Success',
    })
    const events = Array.from({ length: 600 }, (_, i) => eventOf(i % 3 === 0 ? 'ada' : 'grace', i))
    const written = (await did('POST', '/v1/audit/events', events)).body
    assert.equal(written.accepted, 600)
    const { keys } = (await did('GET', '/v1/audit/key')).body
    const trusted = keys.map((key: string) => parseVerifierKey(nodeCrypto.sha256, key))
    const read = async (i: number) =>
      (await did('GET', `/v1/audit/events/${written.results[i].event_id}?personal=true`)).body.sealed[0]
    const verify = async () => {
      assert.equal((await did('POST', '/v1/audit/verify', {})).body.valid, true)
      const receipt = await did('GET', `/v1/audit/events/${written.results[0].event_id}/receipt`)
      assert.equal(verifyReceipt(receipt.text, trusted).verified, true)
      const exported = await fetch(`${server.url}/v1/audit/export`, { headers: { authorization: `Bearer ${token}` } })
      const bytes = new Uint8Array(await exported.arrayBuffer())
      const source = {
        async *open() {
          yield bytes
        },
      }
      assert.equal((await verifyExport(source, trusted)).verified, true)
    }
    await verify()
    assert.deepEqual((await read(0)).members['/data/personal'], { note: 'note of ada' })
    assert.equal((await did('POST', '/v1/audit/search', { user_id: 'ada' })).body.events.length > 0, true)
    assert.equal((await did('DELETE', '/v1/privacy/data-subjects/ada', {})).body.keys_destroyed.length, 1)
    assert.deepEqual((await did('POST', '/v1/audit/search', { user_id: 'ada' })).body.events, [])
    assert.equal((await did('POST', '/v1/keys/rotate', {})).body.epoch, 2)
    await did('POST', '/v1/audit/key/turn', {})
    await verify()

    assert.equal(await server.stop(), 0)
    server = await start()
    assert.equal(server.setupUrl, null)
    assert.equal((await did('POST', '/v1/audit/events', eventOf('ada', 0))).body.accepted, 1)
    assert.equal((await read(0)).state, 'erased')
    assert.deepEqual((await read(1)).members['/data/personal'], { note: 'note of grace' })
    await verify()
  } finally {
    await server.stop()
  }
})
