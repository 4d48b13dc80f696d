import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { withClient } from '../../src/platform/database/provision.ts'
import { type TestInstallation, testInstallation, until } from '../support/server.ts'
import { Load, Refusal, setUp } from './load.ts'
import { type ServerProcess, startOn } from './process.ts'

const CUTS = 8
const WRITERS = 64

let installation: TestInstallation
let folder: string
let server: ServerProcess
before(async () => {
  installation = await testInstallation()
  folder = await mkdtemp(join(tmpdir(), 'probity-connections-'))
  server = await startOn(installation, folder)
})
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
  await installation.release()
})

test(`all database connections cut ${CUTS} times under ${WRITERS} writers: nothing lost, nothing doubled, it goes on by itself`, async (t) => {
  const load = new Load(await setUp(server))
  const strange = new Set<string>()
  let refused = 0
  let going = true
  const write = async () => {
    while (going)
      await load.send(server).catch((error: unknown) => {
        refused++
        if (!(error instanceof Refusal && error.status === 503))
          strange.add(error instanceof Refusal ? `${error.status}` : String(error))
      })
  }
  const writers = Array.from({ length: WRITERS }, write)
  const pauses: number[] = []
  try {
    for (let cut = 0; cut < CUTS; cut++) {
      const before = load.acknowledged.size
      await until('it writes', () => load.acknowledged.size > before + 500, 20_000)
      assert.ok((await cutAll()) > 0)
      const cutAt = performance.now()
      const after = load.acknowledged.size
      await until('it goes on', () => load.acknowledged.size > after + 100, 20_000)
      pauses.push(Math.round(performance.now() - cutAt))
    }
  } finally {
    going = false
    await Promise.all(writers)
  }
  assert.deepEqual([...strange], [], 'who is not acknowledged is told to come again')
  const resent = await load.sendAgain(server)
  const size = await load.check(server)
  t.diagnostic(JSON.stringify({ acknowledged: load.acknowledged.size, refused, resent, size, pauses }))
})

/** Cuts the connections to the main database and to the keystore, whatever they are in the midst of. Answers how many. */
async function cutAll(): Promise<number> {
  const { main, keystore } = installation.owned
  return withClient(installation.superuser, async (client) => {
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY ($1) AND pid <> pg_backend_pid()`,
      [[main.database, keystore.database]],
    )
    return rowCount ?? 0
  })
}
