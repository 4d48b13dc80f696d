import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { formatToken } from '@probity/core'
import { pino } from 'pino'
import { systemClock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { bearerToken } from '../../platform/http/bearer-token.ts'
import { KnownCallers } from '../../platform/known-callers.ts'
import { Authenticator, type Caller } from './index.ts'

test('what is no token by its own checksum, or no token at all, costs no work of the database', async () => {
  let asked = 0
  const connect = async () => {
    asked++
    throw new Error('there is no database')
  }
  const database = { app: { connect } } as unknown as Database
  const limits = { idle: 60, absolute: 60 }
  const sessions = { usual: limits, remembered: limits }
  const rolePermits = { now: async () => ({ permits: new Set<never>(), until: null }) }
  const callers = new KnownCallers<Caller>(database, pino({ level: 'silent' }))
  const authenticator = new Authenticator({ database, clock: systemClock(), callers, sessions, rolePermits })
  const tenantId = '01a20f8d-98a6-7a06-88bd-6b7d610ba0f0'
  const token = formatToken({ kind: 'at', tenantId, secret: randomBytes(32) })
  const last = token.endsWith('0') ? '1' : '0'
  const link = formatToken({ kind: 'su', tenantId, secret: randomBytes(32) })
  const refresh = formatToken({ kind: 're', tenantId, secret: randomBytes(32) })
  const show = (text: string) => authenticator.authenticate(bearerToken(`Bearer ${text}`))
  await assert.rejects(authenticator.authenticate(null), { code: 'UNAUTHENTICATED' })
  for (const text of [
    'x',
    'x'.repeat(78),
    token.slice(0, -1) + last,
    `${token}0`,
    token.replace('prb_at', 'prb_se'),
    link,
    refresh,
  ])
    await assert.rejects(show(text), { code: 'UNAUTHENTICATED' })
  assert.equal(asked, 0)
  await assert.rejects(show(token), /there is no database/)
  assert.equal(asked, 1)
})
