import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type TestInstallation, testInstallation, until } from '../support/server.ts'
import { Load, setUp } from './load.ts'
import { type ServerProcess, startOn } from './process.ts'

const HAND_OVERS = 5
const WRITERS = 16
const CLAIM_MILLISECONDS = 2_000

let installation: TestInstallation
let folder: string
let leader: ServerProcess
let survivor: ServerProcess
before(async () => {
  installation = await testInstallation()
  folder = await mkdtemp(join(tmpdir(), 'probity-hand-over-'))
  leader = await startOn(installation, join(folder, '0'))
  survivor = await startOn(installation, join(folder, '1'))
})
after(async () => {
  await leader.kill()
  await survivor.stop()
  await rm(folder, { recursive: true, force: true })
  await installation.release()
})

test(`a killed sequencer is replaced under ${CLAIM_MILLISECONDS} ms, with no event lost and no index given twice`, async (t) => {
  const load = new Load(await setUp(survivor)) // the last start made the link that counts
  const taken: number[] = []
  for (let run = 0; run < HAND_OVERS; run++) {
    taken.push(await handOver(load))
    await load.sendAgain(survivor)
    await load.check(survivor)
    // The survivor leads now; the next to be killed is again the one that leads.
    leader = survivor
    survivor = await startOn(installation, join(folder, String(run + 2)))
  }
  t.diagnostic(`ms from kill to acknowledgement: ${taken.map(Math.round).join(', ')}`)
  assert.ok(load.acknowledged.size > 0)
  assert.ok(
    taken.every((milliseconds) => milliseconds < CLAIM_MILLISECONDS),
    taken.join(', '),
  )
})

/** Kills the leader under writers; answers the time until the survivor acknowledges what was sent to it after the kill. */
async function handOver(load: Load): Promise<number> {
  let killedAt = Number.POSITIVE_INFINITY
  let first = Number.POSITIVE_INFINITY
  let going = true
  const write = async (server: ServerProcess) => {
    while (going) {
      const sentAt = performance.now()
      const before = load.acknowledged.size
      await load.send(server).catch(() => undefined)
      if (server === survivor && sentAt > killedAt && load.acknowledged.size > before)
        first = Math.min(first, performance.now())
      if (server === leader && sentAt > killedAt) return
    }
  }
  const known = load.acknowledged.size
  const writers = Array.from({ length: WRITERS }, (_, i) => write(i % 4 === 0 ? leader : survivor))
  await until('both are written to', () => load.acknowledged.size > known + 500, 20_000)
  await leader.kill()
  killedAt = performance.now()
  await until('the survivor acknowledges', () => first < Number.POSITIVE_INFINITY, 30_000)
  going = false
  await Promise.all(writers)
  return first - killedAt
}
