import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../support/server.ts'
import { setUp } from './load.ts'
import { postgresProcesses, type ServerProcess, startProcess } from './process.ts'

const SECONDS = 30
const WRITERS = 256
const EVENTS = 100
const FILLER = 'x'.repeat(900)
const MOST_GROWTH_MB = 300

test(`the database stands still for ${SECONDS} s under ${WRITERS} writers and a stream: memory stays flat, and nothing is lost`, async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'probity-standstill-'))
  await chmod(data, 0o711)
  const limit = '1000000'
  const server = await startProcess(data, {
    PROBITY_RATE_LIMIT_PER_SECOND: limit,
    PROBITY_PUBLIC_RATE_LIMIT_PER_SECOND: limit,
  })
  const still: number[] = []
  try {
    const token = await setUp(server)
    const told = { refused: 0, acknowledged: 0 }
    let going = true
    const writers = Array.from({ length: WRITERS }, async () => {
      while (going) await writeUntilAcknowledged(server, token, told)
    })
    const stream = new Stream(server, token)
    await until('all of it writes', () => told.acknowledged > 2000 && stream.sent > 2000, 60_000)
    await until('bodies are refused for want of room', () => told.refused > 0, 60_000)
    const before = await memory(server)
    still.push(...(await postgresProcesses(join(data, 'postgres'))))
    for (const pid of still) process.kill(pid, 'SIGSTOP')
    const stoppedAt = performance.now()
    const sentBefore = stream.sent
    let most = before
    await until(
      'it has stood still for long enough',
      async () => {
        most = Math.max(most, await memory(server))
        return performance.now() - stoppedAt > SECONDS * 1000
      },
      SECONDS * 1000 + 10_000,
    )
    const sentMeanwhile = stream.sent - sentBefore
    for (const pid of still.splice(0)) process.kill(pid, 'SIGCONT')
    const after = told.acknowledged
    await until('it goes on', () => told.acknowledged > after + 2000, 60_000)
    going = false
    const streamed = await stream.end()
    await Promise.all(writers)
    t.diagnostic(JSON.stringify({ before, most, sentMeanwhile, streamed, ...told }))
    assert.ok(most - before < MOST_GROWTH_MB, `memory grew from ${before} to ${most} MB`)
    assert.ok(sentMeanwhile < 100_000, 'the stream is held back')
    assert.equal(streamed.accepted, stream.sent, 'the stream lost nothing')
    await everythingIsThere(server, token, told.acknowledged + streamed.accepted)
  } finally {
    for (const pid of still) process.kill(pid, 'SIGCONT')
    await server.stop()
    await rm(data, { recursive: true, force: true })
  }
})

/** Sends a body again, as Retry-After says, until it is acknowledged. */
async function writeUntilAcknowledged(
  server: ServerProcess,
  token: string,
  told: { refused: number; acknowledged: number },
) {
  const events = Array.from({ length: EVENTS }, () => ({
    event_id: randomUUID(),
    event_type: 'still',
    event_data: { FILLER },
  }))
  const body = JSON.stringify(events)
  for (;;) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${server.url}/v1/audit/events`, { method: 'POST', headers, body })
    const text = await answer.text()
    if (answer.ok) {
      told.acknowledged += (JSON.parse(text) as { results: unknown[] }).results.length
      return
    }
    assert.ok(answer.status === 429 || answer.status === 503, `${answer.status} ${text}`)
    const wait = Number(answer.headers.get('retry-after'))
    assert.ok(wait >= 1, 'it says when to come again')
    if (answer.status === 429) told.refused++
    await new Promise((resolve) => setTimeout(resolve, wait * 1000))
  }
}

/** Lines without end, as fast as they are taken. */
class Stream {
  sent = 0
  readonly #request: ReturnType<typeof request>
  readonly #answered: Promise<string>
  #going = true

  constructor(server: ServerProcess, token: string) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' }
    this.#request = request(`${server.url}/v1/audit/ingest`, { method: 'POST', headers })
    this.#answered = new Promise((resolve, reject) => {
      this.#request.on('error', reject)
      this.#request.on('response', async (response) => {
        let text = ''
        for await (const piece of response) text += piece
        resolve(text)
      })
    })
    void this.#send()
  }

  async end(): Promise<{ accepted: number }> {
    this.#going = false
    return JSON.parse(await this.#answered)
  }

  async #send(): Promise<void> {
    while (this.#going) {
      const lines = Array.from(
        { length: 100 },
        () => `${JSON.stringify({ event_type: 'line', event_data: { FILLER } })}\n`,
      )
      this.sent += lines.length
      if (!this.#request.write(lines.join(''))) await once(this.#request, 'drain')
    }
    this.#request.end()
  }
}

async function memory(server: ServerProcess): Promise<number> {
  const status = await readFile(`/proc/${server.child.pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)
}

async function everythingIsThere(server: ServerProcess, token: string, events: number): Promise<void> {
  const answer = await fetch(`${server.url}/v1/audit/verify`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  })
  const verified = (await answer.json()) as { valid: boolean; end_position: number; invalid_entries: unknown[] }
  assert.deepEqual(verified.invalid_entries, [])
  assert.ok(verified.end_position >= events, `${verified.end_position} entries of ${events} acknowledged`)
}
