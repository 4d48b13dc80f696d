// Decisions over HTTP, by a server in a process of its own: batches of 1,000 questions about one person, one after the other
// by four connections, and single ones at a fixed rate, beside a request at the same rate that does nothing (/livez). The last
// line is JSON.
import { Agent, get } from 'node:http'
import { benchServer, machine, percentile, post, spread } from '../support.ts'

const ROUNDS = 5
const CONNECTIONS = 4
const BATCHES = 10
const QUESTIONS = 1_000
/** For how long each rate is held. */
const SECONDS = 3
/** Requests in a second. */
const RATES = [200, 500, 1_000, 2_000] as const

const server = await benchServer()
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
try {
  const userId = await prepared()
  const batches: number[] = []
  const singles: Waits = {}
  const bare: Waits = {}
  for (let round = 0; round < ROUNDS; round++) {
    batches.push(await inBatches(userId))
    for (const rate of RATES) {
      note(singles, rate, await atRate(rate, (n) => ask('/v1/auth/authorize', { user_id: userId, ...question(n) })))
      note(bare, rate, await atRate(rate, nothing))
    }
  }
  const result = {
    machine: machine(),
    decisions_a_second_in_batches: spread(batches),
    milliseconds_of_one_at_rate: told(singles),
    milliseconds_of_nothing_at_rate: told(bare),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
} finally {
  agent.destroy()
  await server.stop()
}

/** Fifty roles of ten permissions, ten of which somebody has; who that is. */
async function prepared(): Promise<string> {
  const { body } = await server.call('POST', '/v1/users', { email: 'ada@first.example' })
  await server.sql(`UPDATE security_users SET status = 'active' WHERE id = $1`, [body.user.id])
  for (let i = 0; i < 50; i++) {
    const permissions = Array.from({ length: 10 }, (_, n) => ({
      ...{ resource: `type_${i}`, action: `action_${n}` },
      conditions: n % 2 === 0 ? [] : [{ type: 'owner' }],
    }))
    const role = await server.call('POST', '/v1/roles', { name: `role ${i}`, permissions })
    if (i % 5 === 0) await server.call('POST', '/v1/grants', { role_id: role.body.id, user_id: body.user.id })
  }
  return body.user.id
}

function question(n: number) {
  return { resource: `type_${n % 50}/${n}`, action: `action_${n % 10}` }
}

function ask(path: string, body: object): Promise<string> {
  const { url, token } = server
  const sent = { url: `${url}${path}`, agent, token, type: 'application/json' }
  return post(sent, (request) => request.end(JSON.stringify(body)))
}

/** Decisions a second. */
async function inBatches(user_id: string): Promise<number> {
  const questions = Array.from({ length: QUESTIONS }, (_, n) => question(n))
  const start = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (let i = 0; i < BATCHES; i++) await ask('/v1/auth/authorize/batch', { user_id, questions })
    }),
  )
  return (CONNECTIONS * BATCHES * QUESTIONS * 1000) / (performance.now() - start)
}

/** Of each round, by rate. */
type Waits = Record<number, { median: number[]; p99: number[] }>

function note(waits: Waits, rate: number, all: readonly number[]): void {
  const of = waits[rate] ?? { median: [], p99: [] }
  waits[rate] = of
  of.median.push(percentile(all, 0.5))
  of.p99.push(percentile(all, 0.99))
}

function told(waits: Waits) {
  return Object.fromEntries(
    Object.entries(waits).map(([rate, { median, p99 }]) => [rate, { median: spread(median), p99: spread(p99) }]),
  )
}

/** Milliseconds from when each was to be sent until it was answered: one that has to wait its turn has waited. */
async function atRate(rate: number, send: (n: number) => Promise<unknown>): Promise<number[]> {
  const start = performance.now()
  return Promise.all(
    Array.from({ length: SECONDS * rate }, async (_, n) => {
      const due = start + (n * 1000) / rate
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
      await send(n)
      return performance.now() - due
    }),
  )
}

function nothing(): Promise<void> {
  return new Promise((resolve, reject) => {
    get(`${server.url}/livez`, { agent }, (answer) => {
      answer.resume()
      answer.on('end', resolve)
    }).on('error', reject)
  })
}
