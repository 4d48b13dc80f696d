import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { EventQueue, MemorySpool, Probity, type Refusal } from '@probity/sdk'
import { FileSpool } from '@probity/sdk/node'
import { type ServerProcess, startOn } from '../faults/process.ts'
import { caller, setUp, type TestInstallation, testInstallation, until } from '../support/server.ts'

let installation: TestInstallation
let data: string
let server: ServerProcess
let token: string
before(async () => {
  installation = await testInstallation()
  data = await mkdtemp(join(tmpdir(), 'probity-test-'))
  await startServer()
  token = (await setUp(caller(server.url), server.setupUrl ?? '', 'first')).token
})
after(async () => {
  await server.stop()
  await installation.release()
  await rm(data, { recursive: true, force: true })
})

async function startServer(port = '0'): Promise<void> {
  server = await startOn(installation, data, { PROBITY_RATE_LIMIT_PER_SECOND: '100000', PROBITY_PORT: port })
}
const folder = () => mkdtemp(join(tmpdir(), 'probity-spool-'))
const client = (more: object = {}) => new Probity({ url: server.url, token, retries: 0, ...more })
async function found(resource: string): Promise<number> {
  let count = 0
  for await (const _ of client().events({ resource, limit: 100 })) count++
  return count
}

test('events that are added at once travel together, each is in the log once, and the spool is empty', async () => {
  const path = await folder()
  let requests = 0
  const counting: typeof fetch = (...given) => {
    requests++
    return fetch(...given)
  }
  const queue = new EventQueue({ client: client({ fetch: counting }), spool: new FileSpool(path) })
  await Promise.all(
    Array.from({ length: 1_200 }, (_, i) => queue.add({ event_type: 'a.b', resource: `batch/${i % 2}` })),
  )
  await queue.flush()
  assert.ok(requests <= 5, `${requests} requests`)
  await until('all are found', async () => (await found('batch/0')) + (await found('batch/1')) === 1_200)
  assert.deepEqual(await readdir(path), [])
  await queue.close()
  await assert.rejects(queue.add({ event_type: 'late' }), /closed/)
})

test('nothing that was kept is lost, and nothing comes twice, whoever is killed and however often', async () => {
  const path = await folder()
  const kept = new Map<string, number>()
  const { port } = new URL(server.url)
  for (const name of ['one', 'two', 'three']) {
    const child = fork(join(import.meta.dirname, 'queueing.ts'), [server.url, token, path, name], { stdio: 'ignore' })
    child.on('message', (i: number) => kept.set(name, i))
    await until('it has queued a while', () => (kept.get(name) ?? 0) >= 200)
    if (name === 'two') await server.kill()
    const before = kept.get(name) ?? 0
    await until('it queues on, whether the server is there or not', () => (kept.get(name) ?? 0) >= before + 200)
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await startServer(port)
  const queue = new EventQueue({ client: client(), spool: new FileSpool(path) })
  await queue.flush()
  assert.deepEqual(await readdir(path), [])
  const seen = new Map<string, number>()
  await until('the log has them all', async () => {
    seen.clear()
    for await (const { resource } of client().events({ event_type: 'queue.tried', limit: 100 }))
      seen.set(resource ?? '', (seen.get(resource ?? '') ?? 0) + 1)
    return [...kept].every(([name, last]) => seen.has(`queued/${name}-${last}`))
  })
  for (const [name, last] of kept)
    for (let i = 0; i <= last; i++) assert.equal(seen.get(`queued/${name}-${i}`), 1, `${name}-${i}`)
})

test('what the server will never take is set aside with why, told, and holds nothing up', async () => {
  const path = await folder()
  const refused: Refusal[] = []
  const queue = new EventQueue({
    ...{ client: client(), spool: new FileSpool(path) },
    onRefused: (one) => refused.push(one),
  })
  const good = (n: number) => ({ event_type: 'good', resource: `among/${n}` })
  await Promise.all([good(1), { event_type: 'bad', surprise: true }, good(2)].map((event) => queue.add(event)))
  await queue.flush()
  assert.deepEqual(
    refused.map(({ event }) => event.event_type),
    ['bad'],
  )
  const aside = JSON.parse(await readFile(join(path, 'refused.jsonl'), 'utf8'))
  assert.match(aside.message, /surprise/)
  assert.equal(JSON.parse(aside.line).surprise, true)
  await until('the others are found', async () => (await found('among/1')) + (await found('among/2')) === 2)
})

test('a token that is not known makes events wait, and says so; with a good one they come', async () => {
  const path = await folder()
  const errors: unknown[] = []
  const stranger = new EventQueue({
    ...{ client: client({ token: 'none' }), spool: new FileSpool(path) },
    onError: (error) => errors.push(error),
  })
  await stranger.add({ event_type: 'patient', resource: 'waits/1' })
  await assert.rejects(stranger.flush(), { code: 'UNAUTHENTICATED' })
  await assert.rejects(stranger.close(), { code: 'UNAUTHENTICATED' })
  assert.ok(errors.length > 0)
  const known = new EventQueue({ client: client(), spool: new FileSpool(path) })
  await known.flush()
  await until('it is found', async () => (await found('waits/1')) === 1)
})

test('a line that was cut by a crash or a full disk is passed over, and what stands around it is sent', async () => {
  const path = await folder()
  const line = (n: number) => JSON.stringify({ event_type: 'cut', event_id: `cut-${n}`, resource: `cut/${n}` })
  await writeFile(
    join(path, '1~x~elsewhere~1.ndjson'),
    `${line(1)}\n${line(2).slice(0, 20)}${line(3)}\n${line(4)}\n${line(5).slice(0, 9)}`,
  )
  await new EventQueue({ client: client(), spool: new FileSpool(path) }).flush()
  await until('whole lines are found', async () => (await found('cut/1')) + (await found('cut/4')) === 2)
  assert.deepEqual(await readdir(path), [])
})

test('what is told in the place of an event that is refused is told once, also when the queue is closed', async () => {
  const refused: Refusal[] = []
  const queue = new EventQueue({
    ...{ client: client(), onRefused: (one: Refusal) => refused.push(one) },
    tellAgain: ({ event }) => ({
      event_type: 'again',
      resource: 'again/1',
      ...(event.surprise === 2 && { odd: true }),
    }),
  })
  for (const surprise of [1, 2]) await queue.add({ event_type: 'bad', surprise })
  await queue.close()
  await until('one is found', async () => (await found('again/1')) === 1)
  assert.deepEqual(
    refused.map(({ event }) => event.event_type),
    ['bad', 'bad', 'again'],
  )
})

test('what is kept of events that are refused has an end: a file that is full makes room, and there are two at most', async () => {
  const path = await folder()
  const queue = new EventQueue({ client: client(), spool: new FileSpool(path) })
  const refuse = async (n: number) => {
    await queue.add({ event_type: 'bad', surprise: n })
    await queue.flush()
  }
  for (const n of [1, 2, 3]) {
    await refuse(n)
    await truncate(join(path, 'refused.jsonl'), 16e6)
  }
  await refuse(4)
  assert.deepEqual((await readdir(path)).sort(), ['refused.1.jsonl', 'refused.jsonl'])
  assert.match(await readFile(join(path, 'refused.jsonl'), 'utf8'), /^\{.*surprise\\":4.*\}\n$/)
  assert.match(await readFile(join(path, 'refused.1.jsonl'), 'utf8'), /surprise\\":3/)
})

test('there is an end to how much waits: who adds beyond it is told', async () => {
  const spool = new FileSpool(await folder(), { mostBytes: 1_000 })
  const away = new EventQueue({ client: client({ url: 'http://127.0.0.1:9' }), spool, milliseconds: 60_000 })
  const add = () => away.add({ event_type: 'much', event_data: { text: 'x'.repeat(300) } })
  await add()
  await add()
  await assert.rejects(add(), /wait already/)
  const memory = new EventQueue({ client: client(), spool: new MemorySpool(1), milliseconds: 60_000 })
  await memory.add({ event_type: 'one' })
  await assert.rejects(memory.add({ event_type: 'two' }), /wait already/)
  const large = new EventQueue({ client: client(), spool: new MemorySpool(10_000, 1_000), milliseconds: 60_000 })
  const addLarge = () => large.add({ event_type: 'large', event_data: { text: 'ü'.repeat(300) } })
  await addLarge()
  await assert.rejects(addLarge(), /of at most 1000 bytes wait already/)
  await large.flush()
  await addLarge()
  await large.close()
  await assert.rejects(away.close()) // or they would keep the process until they are due
  await memory.close()
})
