import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killPostgres, type ServerProcess, startProcess } from './process.ts'

const PASSWORD = 'correct horse battery staple'
const WRITERS = 64

interface Sent {
  event_id: string
  index: number | null
}

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
    const token = await setUp(server)
    const cluster = join(data, 'postgres')
    const acknowledged = new Map<string, number>()
    let resent = 0
    let size = 0
    for (let run = 0; run < runs; run++) {
      const what = run % 2 === 1 ? 'PostgreSQL' : 'server'
      const lost = await killWhileWriting(server, token, acknowledged, () =>
        what === 'server' ? server.kill() : killPostgres(cluster),
      )
      await server.kill()
      server = await startProcess(data)
      resent += lost.length
      await sendAgain(server, token, lost, acknowledged)
      size = await check(server, token, acknowledged)
      progress(run, what)
    }
    return { runs, acknowledged: acknowledged.size, resent, size }
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

async function setUp(server: ServerProcess): Promise<string> {
  const setup_token = server.setupUrl?.split('#')[1]
  const answer = await call(server, null, '/v1/setup', {
    setup_token,
    tenant: 'storm',
    email: 'a@storm.example',
    password: PASSWORD,
  })
  return (answer as { token: string }).token
}

/** Writes with all writers, kills after a moment of chance; answers the ids that were sent and not acknowledged. */
async function killWhileWriting(
  server: ServerProcess,
  token: string,
  acknowledged: Map<string, number>,
  kill: () => Promise<void>,
): Promise<string[]> {
  const open = new Set<string>()
  let going = true
  const write = async () => {
    while (going) {
      const ids = Array.from({ length: randomInt(1, 8) }, () => randomUUID())
      for (const id of ids) open.add(id)
      const answer = await call(server, token, '/v1/audit/events', ids.map(eventOf), 5_000).catch(() => null)
      if (answer === null) return
      for (const { event_id, index } of (answer as { results: Sent[] }).results)
        settle(event_id, index, acknowledged, open)
    }
  }
  const writers = Array.from({ length: WRITERS }, write)
  await new Promise((resolve) => setTimeout(resolve, randomInt(100, 900))) // the moment of chance, not a wait
  await kill()
  going = false
  await Promise.all(writers)
  return [...open]
}

async function sendAgain(
  server: ServerProcess,
  token: string,
  ids: string[],
  acknowledged: Map<string, number>,
): Promise<void> {
  for (let at = 0; at < ids.length; at += 500) {
    const events = ids.slice(at, at + 500).map(eventOf)
    const { results } = (await call(server, token, '/v1/audit/events', events)) as { results: Sent[] }
    for (const { event_id, index } of results) settle(event_id, index, acknowledged, null)
  }
}

function settle(id: string, index: number | null, acknowledged: Map<string, number>, open: Set<string> | null): void {
  if (index === null) return // durable, but its place is not told yet: sent again, it is a duplicate
  assert.equal(acknowledged.get(id) ?? index, index, 'an event keeps its index')
  acknowledged.set(id, index)
  open?.delete(id)
}

/** Everything acknowledged stands at its index, once, without a gap, and the log verifies. Answers its size. */
async function check(server: ServerProcess, token: string, acknowledged: Map<string, number>): Promise<number> {
  const verified = (await call(server, token, '/v1/audit/verify', {})) as {
    valid: boolean
    end_position: number
    invalid_entries: unknown[]
  }
  assert.deepEqual(verified.invalid_entries, [])
  assert.equal(verified.valid, true)
  const found = await readLog(server, token, verified.end_position)
  assert.equal(found.length, verified.end_position, 'the log is dense')
  assert.equal(new Set(found).size, found.length, 'no event stands in it twice')
  for (const [id, index] of acknowledged) assert.equal(found[index], id, 'an acknowledged event is at its index')
  return found.length
}

/** event_id of each entry, by the C2SP paths. */
async function readLog(server: ServerProcess, token: string, size: number): Promise<string[]> {
  const ids: string[] = []
  for (let bundle = 0; bundle * 256 < size; bundle++) {
    const width = Math.min(256, size - bundle * 256)
    const number = String(bundle).padStart(3, '0')
    const path = `/v1/audit/tile/entries/${number}${width < 256 ? `.p/${width}` : ''}`
    const answer = await fetch(server.url + path, { headers: { authorization: `Bearer ${token}` } })
    assert.equal(answer.status, 200, path)
    const bytes = Buffer.from(await answer.arrayBuffer())
    for (let at = 0; at < bytes.length; at += 2 + bytes.readUInt16BE(at)) {
      ids.push((JSON.parse(bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at)).toString()) as Sent).event_id)
    }
  }
  return ids
}

/** The same id gives the same content, so that it can be sent again. */
function eventOf(event_id: string) {
  return { event_id, event_type: 'storm', user_id: `person-${event_id.slice(0, 2)}`, event_data: { id: event_id } }
}

async function call(
  server: ServerProcess,
  token: string | null,
  path: string,
  body: unknown,
  milliseconds = 20_000,
): Promise<unknown> {
  const answer = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(milliseconds),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
  return JSON.parse(text)
}
