import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../support/server.ts'
import { Load, setUp } from './load.ts'
import { killPostgres, startProcess } from './process.ts'

const KILLS = 3

test(`the PostgreSQL of a running server is killed ${KILLS} times under 16 writers: it is started again by itself, and nothing is lost`, async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'probity-dead-database-'))
  await chmod(data, 0o711)
  const server = await startProcess(data)
  try {
    const load = new Load(await setUp(server))
    let going = true
    const writers = Array.from({ length: 16 }, async () => {
      while (going) await load.send(server).catch(() => undefined)
    })
    const pauses: number[] = []
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const before = load.acknowledged.size
        await until('it writes', () => load.acknowledged.size > before + 200, 20_000)
        await killPostgres(join(data, 'postgres'))
        const killedAt = performance.now()
        const after = load.acknowledged.size
        await until('it goes on', () => load.acknowledged.size > after + 200, 30_000)
        pauses.push(Math.round(performance.now() - killedAt))
      }
    } finally {
      going = false
      await Promise.all(writers)
    }
    await load.sendAgain(server)
    const size = await load.check(server)
    t.diagnostic(JSON.stringify({ size, pauses }))
    assert.ok(size >= load.acknowledged.size)
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
  } finally {
    await server.stop()
    await rm(data, { recursive: true, force: true })
  }
})
