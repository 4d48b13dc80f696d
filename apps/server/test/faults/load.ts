import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import type { ServerProcess } from './process.ts'

const PASSWORD = 'correct horse battery staple'

interface Sent {
  event_id: string
  index: number | null
}

/** An answer that is not a success. */
export class Refusal extends Error {
  readonly status: number
  readonly body: string
  constructor(path: string, status: number, body: string) {
    super(`${path}: ${status} ${body}`)
    this.status = status
    this.body = body
  }
}

/** Makes the first administrator of a fresh installation; answers a token of all scopes. */
export async function setUp(server: ServerProcess): Promise<string> {
  const setup_token = server.setupUrl?.split('#')[1]
  const body = { setup_token, tenant: 'storm', email: 'a@storm.example', password: PASSWORD }
  return ((await call(server, null, '/v1/setup', body)) as { token: string }).token
}

/** What writers sent, and what was acknowledged, so that it can be looked for afterwards. */
export class Load {
  readonly token: string
  /** Index of each acknowledged event. */
  readonly acknowledged = new Map<string, number>()
  /** Sent, and not known to be written. */
  readonly open = new Set<string>()

  constructor(token: string) {
    this.token = token
  }

  /** Sends a few new events in one request. Rejects when they are not acknowledged; they stay open then. */
  async send(server: ServerProcess, milliseconds?: number): Promise<void> {
    const ids = Array.from({ length: randomInt(1, 8) }, () => randomUUID())
    for (const id of ids) this.open.add(id)
    await this.#post(server, ids, milliseconds)
  }

  /** Sends again, once, what was never acknowledged. */
  async sendAgain(server: ServerProcess): Promise<number> {
    const ids = [...this.open]
    for (let at = 0; at < ids.length; at += 500) await this.#post(server, ids.slice(at, at + 500))
    return ids.length
  }

  /** Everything acknowledged stands at its index, once, without a gap, and the log verifies. Answers its size. */
  async check(server: ServerProcess): Promise<number> {
    const verified = (await call(server, this.token, '/v1/audit/verify', {})) as {
      valid: boolean
      end_position: number
      invalid_entries: unknown[]
    }
    assert.deepEqual(verified.invalid_entries, [])
    assert.equal(verified.valid, true)
    const found = await this.#readLog(server, verified.end_position)
    assert.equal(found.length, verified.end_position, 'the log is dense')
    assert.equal(new Set(found).size, found.length, 'no event stands in it twice')
    for (const [id, index] of this.acknowledged) assert.equal(found[index], id, 'an acknowledged event is at its index')
    return found.length
  }

  #settle(results: readonly Sent[]): void {
    for (const { event_id: id, index } of results) {
      if (index === null) continue // durable, but its place is not told yet: sent again, it is a duplicate
      assert.equal(this.acknowledged.get(id) ?? index, index, 'an event keeps its index')
      this.acknowledged.set(id, index)
      this.open.delete(id)
    }
  }

  async #post(server: ServerProcess, ids: readonly string[], milliseconds?: number): Promise<void> {
    const answer = await call(server, this.token, '/v1/audit/events', ids.map(eventOf), milliseconds)
    this.#settle((answer as { results: Sent[] }).results)
  }

  /** event_id of each entry, by the C2SP paths. */
  async #readLog(server: ServerProcess, size: number): Promise<string[]> {
    const ids: string[] = []
    for (let bundle = 0; bundle * 256 < size; bundle++) {
      const width = Math.min(256, size - bundle * 256)
      const path = `/v1/audit/tile/entries/${bundlePath(bundle)}${width < 256 ? `.p/${width}` : ''}`
      const answer = await fetch(server.url + path, { headers: { authorization: `Bearer ${this.token}` } })
      assert.equal(answer.status, 200, path)
      const bytes = Buffer.from(await answer.arrayBuffer())
      for (let at = 0; at < bytes.length; at += 2 + bytes.readUInt16BE(at)) {
        ids.push((JSON.parse(bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at)).toString()) as Sent).event_id)
      }
    }
    return ids
  }
}

function bundlePath(bundle: number): string {
  const groups = [String(bundle % 1000).padStart(3, '0')]
  for (let rest = Math.floor(bundle / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`)
  return groups.join('/')
}

/** The same id gives the same content, so that it can be sent again; of so many people that keys are made all the time. */
function eventOf(event_id: string) {
  return { event_id, event_type: 'storm', user_id: `person-${event_id.slice(0, 3)}`, event_data: { id: event_id } }
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
  if (!answer.ok) throw new Refusal(path, answer.status, text)
  return JSON.parse(text)
}
