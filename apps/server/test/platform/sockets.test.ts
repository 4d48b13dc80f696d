import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { clusterFolders, startEmbedded, stopEmbedded } from '../../src/platform/database/embedded.ts'
import { until } from '../support/server.ts'

// A PostgreSQL of our own has its socket in a folder of a public place, which it must not litter.

let data: string
const start = () => startEmbedded(data, () => undefined)
before(async () => {
  data = await mkdtemp(join(tmpdir(), 'probity-test-'))
})
after(async () => {
  await stopEmbedded(data)
  await Promise.all([data, ...clusterFolders(data)].map((folder) => rm(folder, { recursive: true, force: true })))
})

const START = `
  const { startEmbedded } = await import(process.argv[1])
  const { folder, superuser } = await startEmbedded(process.argv[2], () => undefined)
  console.log(JSON.stringify({ folder, sockets: superuser.host }))
  setInterval(() => undefined, 60_000)`

/** Starts a PostgreSQL in a process of its own and kills both, as a crash of the machine would; answers its socket's folder. */
async function crash(): Promise<string> {
  const entry = join(import.meta.dirname, '../../src/platform/database/embedded.ts')
  const server = spawn(process.execPath, ['--input-type=module', '-e', START, entry, data])
  const [line] = await once(server.stdout, 'data')
  const { folder, sockets } = JSON.parse(String(line)) as { folder: string; sockets: string }
  server.kill('SIGKILL')
  await once(server, 'exit')
  const pid = Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0])
  process.kill(pid, 'SIGKILL')
  await until('it is gone', () => !/^\d+ \(postgres\) [^Z]/.test(statOf(pid)))
  return sockets
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
}

test('the folder of the socket is there while PostgreSQL runs, and gone when it has stopped', async () => {
  const postgres = await start()
  const { host } = postgres.superuser
  assert.ok(existsSync(host))
  await postgres.stop()
  assert.ok(!existsSync(host))
})

test('what a crash left of sockets in another temporary folder is removed at the next start', async () => {
  const place = await mkdtemp(join(tmpdir(), 'probity-elsewhere-'))
  await chmod(place, 0o755)
  const { TMPDIR } = process.env
  process.env.TMPDIR = '/tmp'
  try {
    const left = await crash()
    assert.ok(existsSync(left))
    process.env.TMPDIR = place
    const next = await start()
    assert.notEqual(next.superuser.host, left)
    assert.ok(!existsSync(left))
    await next.stop()
    assert.ok(!existsSync(next.superuser.host))
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
    await rm(place, { recursive: true, force: true })
  }
})
