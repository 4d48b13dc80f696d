import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, open, rm, rmdir, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { until } from '../support/server.ts'
import { Load, Refusal, setUp } from './load.ts'
import { type ServerProcess, startProcess } from './process.ts'

const WRITERS = 16
const MEBIBYTE = 1024 * 1024
/** What the data folder may take; and how much of it is left when the writers begin. */
const DISK = 320 * MEBIBYTE
const LEFT = 8 * MEBIBYTE
/** A first start then comes to its root key, into the midst of a new cluster, and to its databases. */
const LEFT_AT_FIRST = [0, 20 * MEBIBYTE, 41 * MEBIBYTE]
const SENTENCE =
  /^(probity: making a new database …\n)?probity: ([\w ]+: )?the disk is full; free some space and start again\n$/

let disk: string
let skip: string | false = false
before(async () => {
  disk = await mkdtemp(join(tmpdir(), 'probity-disk-'))
  const { status, stderr } = run('mount', '-t', 'tmpfs', '-o', `size=${DISK},mode=0711`, 'tmpfs', disk)
  if (status !== 0) skip = `no disk of a size of its own can be mounted: ${stderr.trim()}`
})
after(async () => {
  if (skip === false) assert.equal(run('umount', '--lazy', disk).status, 0)
  await rmdir(disk)
})

test('a disk that fills up under writers: nothing acknowledged is lost, and the server goes on when there is space', async (t) => {
  if (skip !== false) return t.skip(skip)
  const data = join(disk, 'data')
  await mkdir(data, { mode: 0o711 })
  let server = await startProcess(data)
  try {
    const load = new Load(await setUp(server))
    const { strange, refused, pause } = await fillWhileWriting(server, load)
    assert.deepEqual(strange, [], 'who is not acknowledged is told to come again')
    await load.sendAgain(server)
    const size = await load.check(server)
    t.diagnostic(JSON.stringify({ acknowledged: load.acknowledged.size, refused, pause, size }))

    // Stopped, and started where nothing can be written.
    assert.equal(await server.stop(), 0)
    const free = await ballast(0)
    const before = readdirSync(data)
    await refusesToStart(data)
    assert.deepEqual(readdirSync(data), before, 'a start that could not be leaves nothing behind')
    await free()
    server = await startProcess(data)
    assert.ok((await load.check(server)) >= size)
    await load.send(server)
  } finally {
    await server.stop()
    await rm(data, { recursive: true, force: true })
  }
})

test('a first start on a full disk is one sentence, however far it came, and with space it is a first start again', async (t) => {
  if (skip !== false) return t.skip(skip)
  const data = join(disk, 'new')
  for (const left of LEFT_AT_FIRST) {
    const free = await ballast(left)
    await refusesToStart(data)
    await free()
  }
  const server = await startProcess(data)
  assert.ok(server.setupUrl)
  assert.equal(await server.stop(), 0)
})

/** What a start says that must fail; one that does not is stopped. */
async function refusesToStart(data: string): Promise<void> {
  const said = await startProcess(data).then(
    async (server) => `it started, and ended with ${await server.stop()}`,
    (error: Error) => error.message.replace('the server did not start: ', ''),
  )
  assert.match(said, SENTENCE)
}

/** Writes until the disk is full and for a while on it, frees it, and waits until writers are acknowledged again. */
async function fillWhileWriting(server: ServerProcess, load: Load) {
  const strange = new Set<string>()
  let refused = 0
  let inARow = 0
  let going = true
  const write = async () => {
    while (going)
      await load.send(server).then(
        () => {
          inARow = 0
        },
        (error: unknown) => {
          refused++
          inARow++
          if (!(error instanceof Refusal && error.status === 503))
            strange.add(error instanceof Refusal ? `${error.status} ${error.body}` : String(error))
        },
      )
  }
  const free = await ballast(LEFT)
  const writers = Array.from({ length: WRITERS }, write)
  try {
    await until('the disk is full', () => inARow > 300, 60_000)
    await free()
    const freedAt = performance.now()
    const known = load.acknowledged.size
    await until('it goes on', () => load.acknowledged.size > known + 500, 30_000)
    return { strange: [...strange], refused, pause: Math.round(performance.now() - freedAt) }
  } finally {
    going = false
    await Promise.all(writers)
  }
}

/** Takes what is free on the disk but for so many bytes; answers what gives it back. */
async function ballast(left: number): Promise<() => Promise<void>> {
  const path = join(disk, 'ballast')
  const { bavail, bsize } = await statfs(disk)
  const file = await open(path, 'w')
  const most = Buffer.alloc(MEBIBYTE)
  for (let rest = bavail * bsize - left; rest > 0; rest -= most.length)
    await file.write(most, 0, Math.min(rest, most.length))
  await file.close()
  return () => rm(path)
}

function run(program: string, ...words: string[]) {
  return spawnSync(program, words, { encoding: 'utf8' })
}
