import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { test } from 'node:test'
import { until } from '../support/server.ts'
import { Load, Refusal, setUp } from './load.ts'
import { type ServerProcess, startProcess } from './process.ts'

const WRITERS = 48
const STREAMS = 16
const GRACE_SECONDS = 3
/** What PostgreSQL may need to write everything down when it stops, on a busy machine. */
const CHECKPOINT_MILLISECONDS = 10_000
/** Lines of a stream that ends by itself; every fourth stream goes on until it is cut off. */
const LINES = 400

test(`a stop under ${WRITERS} writers and ${STREAMS} streams ends in its grace time, and what was acknowledged is there`, async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'probity-stop-'))
  await chmod(data, 0o711)
  const start = () => startProcess(data, { PROBITY_STOP_GRACE_SECONDS: String(GRACE_SECONDS) })
  let server = await start()
  try {
    const load = new Load(await setUp(server))
    const streams: Stream[] = []
    const ends = new Map<string, number>()
    let going = true
    const ended = (how: string) => {
      ends.set(how, (ends.get(how) ?? 0) + 1)
      if (how === 'closed') going = false // the others are under way
    }
    const write = async () => {
      while (going) ended(await load.send(server).then(() => '200', endOf))
    }
    const stream = async (i: number) => {
      while (going) {
        const one = new Stream(i % 4 === 0 ? Number.POSITIVE_INFINITY : LINES)
        streams.push(one)
        ended(await one.send(server, load.token))
      }
    }
    const clients = [...Array.from({ length: WRITERS }, write), ...Array.from({ length: STREAMS }, (_, i) => stream(i))]
    await until('all write', () => load.acknowledged.size > 1000 && streams.some((one) => one.accepted > 0), 20_000)
    assert.ok((await processesOn(data)).length > 1, 'the server and its PostgreSQL')
    const stoppedAt = performance.now()
    const code = await server.stop()
    const took = Math.round(performance.now() - stoppedAt)
    going = false
    await Promise.all(clients)
    assert.equal(code, 0)
    assert.ok(took < GRACE_SECONDS * 1000 + CHECKPOINT_MILLISECONDS, `the stop took ${took} ms`)
    assert.deepEqual(await processesOn(data), [], 'no process stays behind')
    assert.equal(existsSync(join(data, 'server.json')), false)
    assert.equal(existsSync(join(data, 'server.lock')), false)
    const strange = [...ends.keys()].filter((how) => !['200', '503', 'closed'].includes(how))
    assert.deepEqual(strange, [], 'a client is answered, told to come again, or sees its connection close')

    server = await start()
    const resent = await load.sendAgain(server)
    const size = await load.check(server)
    for (const one of streams.filter(({ accepted }) => accepted > 0))
      assert.equal(await one.again(server, load.token), one.accepted)
    t.diagnostic(
      JSON.stringify({ took, acknowledged: load.acknowledged.size, resent, size, ends: Object.fromEntries(ends) }),
    )
  } finally {
    await server.stop()
    await rm(data, { recursive: true, force: true })
  }
})

/** An NDJSON stream, which keeps the ids that it sent. */
class Stream {
  /** Lines that the server said it has. */
  accepted = 0
  readonly #ids: string[] = []
  readonly #lines: number

  constructor(lines: number) {
    this.#lines = lines
  }

  /** Answers how it ended. */
  async send(server: ServerProcess, token: string): Promise<string> {
    const { how, text } = await post(server, token, Readable.from(this.#made()))
    if (how === '200') this.accepted = (JSON.parse(text) as { accepted: number }).accepted
    return how
  }

  /** Sends the same again; answers how many of its lines were there already. */
  async again(server: ServerProcess, token: string): Promise<number> {
    const { how, text } = await post(server, token, Readable.from(this.#ids.map(lineOf).join('')))
    assert.equal(how, '200', text)
    return (JSON.parse(text) as { duplicate: number }).duplicate
  }

  *#made(): Generator<string> {
    while (this.#ids.length < this.#lines) {
      const some = Array.from({ length: 20 }, () => randomUUID())
      this.#ids.push(...some)
      yield some.map(lineOf).join('')
    }
  }
}

/** By node:http, which tells of every connection that closes, also in the midst of what is sent. */
function post(server: ServerProcess, token: string, lines: Readable): Promise<{ how: string; text: string }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' }
  return new Promise((resolve) => {
    const call = request(`${server.url}/v1/audit/ingest`, { method: 'POST', headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece) => {
        text += piece
      })
      answer.on('close', () => resolve({ how: answer.complete ? String(answer.statusCode) : 'closed', text }))
    })
    call.on('error', () => resolve({ how: 'closed', text: '' }))
    pipeline(lines, call, () => undefined)
  })
}

const lineOf = (event_id: string) =>
  `${JSON.stringify({ event_id, event_type: 'streamed', user_id: event_id.slice(0, 3) })}\n`

function endOf(error: unknown): string {
  if (error instanceof Refusal) return String(error.status)
  return error instanceof TypeError ? 'closed' : String(error)
}

/** Processes that were started with a data folder, or work in it. */
async function processesOn(data: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const places = pids.map(async (pid) => {
    const place = await readlink(`/proc/${pid}/cwd`).catch(() => '')
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return `${pid} ${place} ${command}`
  })
  return (await Promise.all(places)).filter((text) => text.includes(data))
}
