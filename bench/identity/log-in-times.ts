// Whether a log-in tells an account that there is from one that there is not: the same bytes but for id and time, and
// times of one distribution (two-sample Kolmogorov–Smirnov, 1 %). 500 tries of each, or as many as the first argument
// says, in random order. A log-in that looks up before it hashes is measured beside, and must be told apart: else the
// measurement is worth nothing. The last line is one JSON object; exit 1 when anything differs.
import { randomInt } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { type Answer, type TestServer, testServer } from '../../apps/server/test/support/server.ts'

const tries = Number(process.argv[2] ?? 500)
if (!Number.isInteger(tries) || tries < 50) {
  process.stderr.write(`${process.argv[2]} is not a number of tries, 50 or more\n`)
  process.exit(2)
}
const naiveHash = hash('a password', { memoryCost: 19_456, timeCost: 2, parallelism: 1 })
const SLICE = 4 // so few of each that nothing is throttled between two clean-ups

const server = await testServer({ trust_proxy: '127.0.0.1' })
try {
  const known = await accounts(server)
  const logIn = (username: string) =>
    server.call('POST', '/v1/auth/login', body(username), {
      token: null,
      headers: { 'x-forwarded-for': `198.51.100.${randomInt(1, 255)}` },
    })
  const real = await compare(known, async (name) => plain(await logIn(name)))
  const naive = await compare(known, async (name) => {
    const isThere = known.includes(name)
    return isThere ? String(await verify(await naiveHash, 'a wrong password')) : 'false'
  })
  const ok = real.isSame && real.distance < real.critical && naive.distance > naive.critical
  process.stdout.write(`${JSON.stringify({ ok, tries, critical: real.critical, real, naive })}\n`)
  process.exitCode = ok ? 0 : 1
} finally {
  await server.stop()
}

/**
 * Names of people of every kind of whom an answer must not tell: with a second factor, suspended, invited, and some whose
 * passwords were hashed when that cost less.
 */
async function accounts({ call, sql, userId }: TestServer): Promise<string[]> {
  const cheap = await hash('a password', { memoryCost: 8_192, timeCost: 1, parallelism: 1 })
  const names = await Promise.all(
    ['plain', 'factor', 'suspended', 'invited', 'old', 'older', 'oldest'].map(async (kind) => {
      const email = `${kind}@first.example`
      const { id } = (await call('POST', '/v1/users', { email })).body.user
      if (kind !== 'invited')
        await sql(
          `UPDATE security_users u SET status = $2, mfa_enabled = $3, password_hash = a.password_hash
           FROM security_users a WHERE u.id = $1 AND a.id = $4`,
          [id, kind === 'suspended' ? 'suspended' : 'active', kind === 'factor', userId],
        )
      if (kind.startsWith('old')) await sql('UPDATE security_users SET password_hash = $2 WHERE id = $1', [id, cheap])
      return email
    }),
  )
  return names
}

function body(username: string) {
  return { credential_type: 'username_password', tenant: 'first', username, password: 'a wrong password' }
}

/** An answer without what is of each answer alone. */
function plain({ status, headers, body: { request_id: _, timestamp: __, ...rest } }: Answer): string {
  const kept = [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name))
  return JSON.stringify([status, kept, rest])
}

async function compare(known: string[], attempt: (name: string) => Promise<string>) {
  const times: Record<'there' | 'not', number[]> = { there: [], not: [] }
  const answers = new Set<string>()
  for (let i = 0; i < 20; i++) await attempt(`warm${i}@first.example`)
  while (times.there.length < tries || times.not.length < tries) {
    await server.sql('DELETE FROM login_attempts')
    for (let i = 0; i < SLICE; i++) {
      const kind = randomInt(2) === 0 ? 'there' : 'not'
      const name = kind === 'there' ? (known[randomInt(known.length)] ?? '') : `nobody${randomInt(1000)}@first.example`
      const start = performance.now()
      answers.add(await attempt(name))
      times[kind].push(performance.now() - start)
    }
  }
  const critical = 1.628 * Math.sqrt((times.there.length + times.not.length) / (times.there.length * times.not.length))
  return {
    isSame: answers.size === 1,
    distance: round(distanceOf(times.there, times.not)),
    critical: round(critical),
    median_ms: { there: round(medianOf(times.there)), not: round(medianOf(times.not)) },
  }
}

/** The largest distance between two empirical distributions. */
function distanceOf(a: number[], b: number[]): number {
  const share = (sorted: number[], at: number) => sorted.filter((one) => one <= at).length / sorted.length
  return Math.max(...[...a, ...b].map((at) => Math.abs(share(a, at) - share(b, at))))
}

function medianOf(times: number[]): number {
  return times.toSorted((x, y) => x - y)[Math.floor(times.length / 2)] ?? 0
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
