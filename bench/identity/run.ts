// Session checks and log-ins beside what a user has instead, in one run on one PostgreSQL: better-auth for the check,
// bare argon2 of the same parameters for the log-in. Rounds take turns; the last line is JSON.
import { verify } from '@node-rs/argon2'
import { formatToken } from '@probity/core'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import pg from 'pg'
import { pino } from 'pino'
import { Authenticator, type Caller } from '../../apps/server/src/domains/identity/index.ts'
import { systemClock } from '../../apps/server/src/platform/clock.ts'
import { bearerToken } from '../../apps/server/src/platform/http/bearer-token.ts'
import { KnownCallers } from '../../apps/server/src/platform/known-callers.ts'
import { testDatabase, testServer } from '../../apps/server/test/support/server.ts'
import { machine, spread, timed } from '../support.ts'

const ROUNDS = 5
const PASSWORD = 'correct horse battery staple'
const OPEN = { trust_proxy: '127.0.0.1', public_rate_limit_per_second: '100000' }

/** What a hash costs: unless somebody asks for less (RFC 9106), and the least that may be asked for (OWASP). */
const COSTS = {
  usual: { password_hash_kib: '65536', password_hash_passes: '3' },
  least: { password_hash_kib: '19456', password_hash_passes: '2' },
}

const server = await testServer(OPEN)
try {
  const check = await sessionChecks()
  const logIn = { usual: await logIns(COSTS.usual), least: await logIns(COSTS.least) }
  process.stdout.write(`${JSON.stringify({ machine: machine(), check, log_in: logIn })}\n`)
} finally {
  await server.stop()
}

/** Checks a second, one after the other, in one process: of Probity, and of better-auth without and with its cookie cache. */
async function sessionChecks() {
  const database = await testDatabase(server.installation)
  const log = pino({ level: 'silent' })
  const callers = new KnownCallers<Caller>(database, log)
  await callers.start()
  const limits = { idle: 3600, absolute: 36_000 }
  const sessions = { usual: limits, remembered: limits }
  const rolePermits = { now: async () => ({ permits: new Set<never>(), until: null }) } // nobody has a role
  const authenticator = new Authenticator({ database, clock: systemClock(), callers, sessions, rolePermits })
  const { access_token } = (await logIn('admin@first.example')).body
  const token = bearerToken(`Bearer ${access_token}`)
  const { ssl: _, ...options } = server.installation.superuser
  const pool = new pg.Pool({ ...options, max: 5 })
  try {
    const plain = await betterSession(pool, false)
    const cached = await betterSession(pool, true)
    const rates = { probity: [] as number[], better_auth: [] as number[], better_auth_cookie_cache: [] as number[] }
    for (let round = 0; round < ROUNDS; round++) {
      rates.probity.push(await rateOf(100_000, () => authenticator.authenticate(token)))
      rates.better_auth.push(await rateOf(1000, plain))
      rates.better_auth_cookie_cache.push(await rateOf(3000, cached))
    }
    const ratio = (of: readonly number[]) => spread(rates.probity.map((rate, i) => rate / (of[i] ?? Number.NaN)))
    return {
      per_second: Object.fromEntries(Object.entries(rates).map(([name, of]) => [name, spread(of)])),
      ratio: ratio(rates.better_auth),
      ratio_to_cookie_cache: ratio(rates.better_auth_cookie_cache),
    }
  } finally {
    await pool.end()
    callers.stop()
    await database.close()
  }
}

/** A check of a session of better-auth. With the cookie cache, one that was revoked goes on until the cookie ends. */
async function betterSession(pool: pg.Pool, hasCache: boolean): Promise<() => Promise<unknown>> {
  const auth = betterAuth({
    database: pool,
    secret: formatToken({ kind: 'at', tenantId: null, secret: Buffer.alloc(32, 3) }),
    baseURL: 'http://localhost:3000',
    emailAndPassword: { enabled: true },
    session: { cookieCache: { enabled: hasCache, maxAge: 300 } },
    logger: { disabled: true },
    telemetry: { enabled: false },
  })
  await (await getMigrations(auth.options)).runMigrations()
  const person = { name: 'A', email: `a${hasCache}@example.org`, password: PASSWORD }
  const opened = await auth.api.signUpEmail({ body: person, asResponse: true })
  const cookie = opened.headers.getSetCookie().map((one) => one.split(';')[0])
  const headers = new Headers({ cookie: cookie.join('; ') })
  return async () => {
    if ((await auth.api.getSession({ headers })) === null) throw new Error('better-auth does not know its session')
  }
}

async function rateOf(times: number, work: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < times / 10; i++) await work()
  const { milliseconds } = await timed(async () => {
    for (let i = 0; i < times; i++) await work()
  })
  return Math.round((times / milliseconds) * 1000)
}

/** Log-ins a second over HTTP, four at once, of 100 people in turn, and what bare argon2 reaches with four at once. */
async function logIns(cost: Record<string, string>) {
  const own = await testServer({ ...OPEN, ...cost })
  try {
    const [row] = await own.sql<{ password_hash: string }>('SELECT password_hash FROM security_users LIMIT 1')
    const stored = row?.password_hash ?? ''
    const names = Array.from({ length: 100 }, (_, i) => `person${i}@first.example`)
    for (const email of names) await own.call('POST', '/v1/users', { email })
    await own.sql(`UPDATE security_users SET password_hash = $1, status = 'active'`, [stored])
    let next = 0
    const bare: number[] = []
    const whole: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(await rateAtOnce(200, () => verify(stored, PASSWORD)))
      whole.push(
        await rateAtOnce(200, async () => {
          const { status, text } = await logIn(names[next++ % names.length] ?? '', own)
          if (status !== 200) throw new Error(text)
        }),
      )
    }
    const shares = whole.map((rate, i) => rate / (bare[i] ?? Number.NaN))
    return { per_second: { argon2: spread(bare), log_in: spread(whole) }, share: spread(shares) }
  } finally {
    await own.stop()
  }
}

async function rateAtOnce(times: number, work: () => Promise<unknown>): Promise<number> {
  let left = times
  const { milliseconds } = await timed(() =>
    Promise.all(
      Array.from({ length: 4 }, async () => {
        while (left-- > 0) await work()
      }),
    ),
  )
  return (times / milliseconds) * 1000
}

function logIn(username: string, at = server) {
  const body = { credential_type: 'username_password', tenant: 'first', username, password: PASSWORD }
  return at.call('POST', '/v1/auth/login', body, { token: null, headers: { 'x-forwarded-for': '198.51.100.7' } })
}
