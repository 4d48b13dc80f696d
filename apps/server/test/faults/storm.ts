import { randomInt } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Load, setUp } from './load.ts'
import { killPostgres, type ServerProcess, startProcess } from './process.ts'

const WRITERS = 64

/** What a storm of kills did. */
export interface StormReport {
  runs: number
  acknowledged: number
  resent: number
  size: number
}

/** Kills the server or PostgreSQL again and again under 64 writers, and checks after each that nothing was lost or doubled. */
export async function storm(
  runs: number,
  progress: (run: number, what: string) => void = () => undefined,
): Promise<StormReport> {
  const data = await mkdtemp(join(tmpdir(), 'probity-storm-'))
  await chmod(data, 0o711) // as root the cluster runs as another user; one that can't enter keeps it elsewhere
  let server = await startProcess(data)
  try {
    const load = new Load(await setUp(server))
    const cluster = join(data, 'postgres')
    let resent = 0
    let size = 0
    for (let run = 0; run < runs; run++) {
      const what = run % 2 === 1 ? 'PostgreSQL' : 'server'
      await killWhileWriting(server, load, () => (what === 'server' ? server.kill() : killPostgres(cluster)))
      await server.kill()
      server = await startProcess(data)
      resent += await load.sendAgain(server)
      size = await load.check(server)
      progress(run, what)
    }
    return { runs, acknowledged: load.acknowledged.size, resent, size }
  } finally {
    await server.kill().catch(() => undefined)
    // A last orderly start and stop ends the PostgreSQL that a kill left running.
    await startProcess(data).then(
      (last) => last.stop(),
      () => undefined,
    )
    await rm(data, { recursive: true, force: true })
  }
}

/** Writes with all writers and kills after a moment of chance; a writer ends when it is not answered. */
async function killWhileWriting(server: ServerProcess, load: Load, kill: () => Promise<void>): Promise<void> {
  let going = true
  const write = async () => {
    while (going) {
      const failed = await load.send(server, 5_000).then(
        () => false,
        () => true,
      )
      if (failed) return
    }
  }
  const writers = Array.from({ length: WRITERS }, write)
  await new Promise((resolve) => setTimeout(resolve, randomInt(100, 900))) // the moment of chance, not a wait
  await kill()
  going = false
  await Promise.all(writers)
}
