// Sessions as they are met: ten thousand of them beside one, how soon one that is revoked on a server is refused by another,
// and whether a storm of bad log-ins slows those who are logged in. Servers run in processes of their own; JSON on the last line.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { formatToken } from '@probity/core'
import { type BenchServer, benchServer, machine, percentile, spread } from '../support.ts'

const SESSIONS = 10_000
const REVOCATIONS = 300
const ROUNDS = 3
const SECONDS = 4
const PATH = '/v1/audit/key'

const server = await benchServer({
  PROBITY_TRUST_PROXY: '127.0.0.1',
  PROBITY_PUBLIC_RATE_LIMIT_PER_SECOND: '100000',
})
try {
  const sessions = await makeSessions(server, SESSIONS)
  const many = await tenThousand(sessions)
  const revocation = await revocations(server, sessions)
  const storm = await storms(sessions.at(-1)?.token ?? '')
  process.stdout.write(`${JSON.stringify({ machine: machine(), many, revocation, storm })}\n`)
} finally {
  await server.stop()
}

interface Session {
  id: string
  token: string
}

/** Sessions of the administrator, as a log-in makes them, without the passwords. */
async function makeSessions({ sql, tenantId }: BenchServer, count: number): Promise<Session[]> {
  const sessions = Array.from({ length: count }, () => ({
    id: randomUUID(),
    token: formatToken({ kind: 'se', tenantId, secret: randomBytes(32) }),
  }))
  const hashes = sessions.map(({ token }) => createHash('sha256').update(token).digest())
  await sql(
    `INSERT INTO security_sessions (tenant_id, id, user_id, session_token_hash, token_expires_at, expires_at, is_remembered,
       methods, created_at, last_activity)
     SELECT $1, s.id, (SELECT id FROM security_users WHERE tenant_id = $1 LIMIT 1), s.hash, now() + interval '1 hour',
       now() + interval '1 hour', false, '{pwd}', now(), now() FROM unnest($2::uuid[], $3::bytea[]) AS s (id, hash)`,
    [tenantId, sessions.map(({ id }) => id), hashes],
  )
  return sessions
}

async function status(url: string, token: string): Promise<number> {
  const answer = await fetch(url + PATH, { headers: { authorization: `Bearer ${token}` } })
  await answer.arrayBuffer()
  return answer.status
}

/** Requests a second of as many sessions as there are, each of which is met for the first time, and of one. */
async function tenThousand(sessions: readonly Session[]) {
  const rate = async (tokens: readonly string[]) => {
    let next = 0
    const start = performance.now()
    const work = async () => {
      while (next < tokens.length)
        if ((await status(server.url, tokens[next++] ?? '')) !== 200) throw new Error('refused')
    }
    await Promise.all(Array.from({ length: 16 }, work))
    return (tokens.length / (performance.now() - start)) * 1000
  }
  const one = sessions[0]?.token ?? ''
  const [alone, all]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(await rate(Array(SESSIONS).fill(one)))
    all.push(await rate(sessions.map(({ token }) => token)))
  }
  return {
    sessions: SESSIONS,
    per_second: { one: spread(alone), all: spread(all) },
    share: spread(all.map((value, i) => value / (alone[i] ?? Number.NaN))),
  }
}

/** Milliseconds from the answer to a revocation on one server to the first refusal by another that knew the session. */
async function revocations({ url, call, another }: BenchServer, sessions: readonly Session[]) {
  const second = await another()
  const waited: number[] = []
  try {
    for (const { id, token } of sessions.slice(0, REVOCATIONS)) {
      if ((await status(second.url, token)) !== 200) throw new Error('the session is not known there')
      const { status: revoked, text } = await call('DELETE', `/v1/sessions/${id}`)
      if (revoked !== 200) throw new Error(text)
      const start = performance.now()
      while ((await status(second.url, token)) !== 401);
      waited.push(performance.now() - start)
      if ((await status(url, token)) !== 401) throw new Error('it goes on where it was revoked')
    }
  } finally {
    await second.stop()
  }
  return {
    count: waited.length,
    milliseconds: { median: percentile(waited, 0.5), p99: percentile(waited, 0.99), most: Math.max(...waited) },
  }
}

/** How long those who are logged in wait for an answer, in quiet and while eight guess passwords of many names from many places. */
async function storms(token: string) {
  const [quiet, stormy]: [number[][], number[][]] = [[], []]
  let guesses = 0
  for (let round = 0; round < ROUNDS; round++) {
    quiet.push(await waits(token))
    let isOver = false
    const guesser = async () => {
      while (!isOver) {
        const body = {
          credential_type: 'username_password',
          tenant: 'first',
          username: `u${guesses}@first.example`,
          password: 'wrong',
        }
        const from = `198.51.${guesses % 250}.${(guesses >> 8) % 250}`
        guesses++
        await fetch(`${server.url}/v1/auth/login`, {
          ...{ method: 'POST', body: JSON.stringify(body) },
          headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
        }).then((answer) => answer.arrayBuffer())
      }
    }
    const guessers = Array.from({ length: 8 }, guesser)
    stormy.push(await waits(token))
    isOver = true
    await Promise.all(guessers)
  }
  const of = (share: number) => ({
    quiet: spread(quiet.map((one) => percentile(one, share))),
    storm: spread(stormy.map((one) => percentile(one, share))),
    ratio: spread(stormy.map((one, i) => percentile(one, share) / percentile(quiet[i] ?? [], share))),
  })
  return { guesses_per_second: guesses / (ROUNDS * SECONDS), milliseconds: { median: of(0.5), p95: of(0.95) } }
}

async function waits(token: string): Promise<number[]> {
  const found: number[] = []
  const end = performance.now() + SECONDS * 1000
  const ask = async () => {
    while (performance.now() < end) {
      const start = performance.now()
      if ((await status(server.url, token)) !== 200) throw new Error('refused')
      found.push(performance.now() - start)
    }
  }
  await Promise.all([ask(), ask()])
  return found
}
