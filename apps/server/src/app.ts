import { type Scope, SENSITIVE_SCOPES } from '@probity/contract'
import { ANCHOR_TENANT } from '@probity/core'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { consoleSite } from './console.ts'
import { docsSite } from './docs.ts'
import { Access } from './domains/access/index.ts'
import { Anchoring, Audit, Budget, IntakeThreads, Sequencer } from './domains/audit/index.ts'
import { Authenticator, type Caller, Identity, type SessionSettings } from './domains/identity/index.ts'
import { environmentRoot, fileRoot, Keys, keyedDigest, open, seal } from './domains/keys/index.ts'
import { ActivePolicies, Policies } from './domains/policies/index.ts'
import { Privacy } from './domains/privacy/index.ts'
import { originOf, Tenancy } from './domains/tenancy/index.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import type { Database } from './platform/database/pools.ts'
import { tenantTransaction } from './platform/database/transaction.ts'
import type { AdmissionOptions } from './platform/http/admission.ts'
import { Idempotency } from './platform/http/idempotency.ts'
import { ProofOfPossession } from './platform/http/proof-of-possession.ts'
import { httpServer } from './platform/http/server.ts'
import { SessionCookies } from './platform/http/session-cookies.ts'
import { KnownCallers } from './platform/known-callers.ts'
import { Mailer } from './platform/mail.ts'
import { Outside } from './platform/outside.ts'
import type { RecordEvent } from './platform/record.ts'
import { Telemetry } from './platform/telemetry.ts'
import { TextMessages } from './platform/text-messages.ts'
import { Tracing } from './platform/tracing.ts'
import { Work } from './platform/work.ts'
import { allRoutes, VERSION } from './routes.ts'
import { startSchedule } from './schedule.ts'

export interface AppOptions {
  config: Config
  database: Database
  /** 32 bytes. */
  rootKey: Buffer
  /** File of the root key's epochs; null: the key is given by the environment and can't turn. */
  epochsFile: string | null
  log: Logger
  clock?: Clock
}

export interface RunningApp {
  url: string
  /** Link that makes the first administrator; null when there is one. */
  setupUrl: string | null
  http: FastifyInstance
  stop(): Promise<void>
}

/** Wires the domains and listens. */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { config, database, log } = options
  const clock = options.clock ?? systemClock()
  const root =
    options.epochsFile === null ? environmentRoot(options.rootKey) : await fileRoot(options.rootKey, options.epochsFile)
  const keys = new Keys(database, root, clock, config.signing_key_overlap_days)
  await keys.checkRoot()
  const telemetry = new Telemetry()
  const tracing = new Tracing(config.otlp_traces_url ?? null, VERSION)
  const sequencer = new Sequencer({
    database,
    log,
    leaseMilliseconds: config.sequencer_lease_ms,
    tracing,
    dependencies: { keys, clock, originOf: (tenantId) => originOf(config.origin, tenantId) },
  })
  const threads = new IntakeThreads({ clock, isShared: () => sequencer.isShared })
  const audit = new Audit({ database, keys, clock, sequencer, threads, budget: new Budget() })
  const everyMilliseconds = config.anchor_interval_ms
  const anchoring = new Anchoring({ database, sequencer, keys, clock, log, everyMilliseconds })
  const callers = new KnownCallers<Caller>(database, log)
  const callersChanged = (tenantId: string) => callers.forget(tenantId)
  let url = ''
  const tenancy = new Tenancy({
    database,
    clock,
    origin: config.origin,
    publicUrl: () => config.public_url ?? url,
    record: audit.record,
    createKeys: (tenantId, origin) => keys.tenants.create(tenantId, origin),
    callersChanged,
  })
  const sessions = sessionSettings(config)
  const mailer = new Mailer(config.smtp_url ?? null, config.mail_from, log)
  const textMessages = new TextMessages(config.sms_url ?? null, config.sms_secret ?? '', log)
  const outside = new Outside(config.identity_providers_inside)
  const publicUrl = () => config.public_url ?? url
  const work = new Work({ database, clock, callersChanged })
  const usual = { work, clock, keys, record: audit.record }
  const access: Access = new Access({
    ...{ ...usual, recordAll: audit.recordAll, policies: new ActivePolicies(clock) },
    secondFactorAt: (principal) => identity.sessions.secondFactorAt(principal),
  })
  const identity = new Identity({
    database,
    clock,
    keys,
    tenancy,
    record: audit.record,
    rolePermits: access.ownPermits,
    sessions,
    passwordCost: { kibibytes: config.password_hash_kib, passes: config.password_hash_passes },
    mailer,
    textMessages,
    outside,
    dnsServers: config.dns_servers?.split(',') ?? null,
    publicUrl,
    callersChanged,
  })
  const authenticator = new Authenticator({ database, clock, callers, sessions, rolePermits: access.ownPermits })
  const { keystore_backup_days: keystoreBackupDays } = config
  const privacy = new Privacy({ database, clock, keys, audit, keystoreBackupDays, callersChanged })
  const policies = new Policies({ ...usual, access })
  const idempotency = new Idempotency(database, clock, answerSealer(keys))
  const operations = { database, sequencer, telemetry, keys, tenancy, audit, version: VERSION }
  const routes = allRoutes({ tenancy, identity, audit, access, policies, privacy, operations, publicUrl })
  const http = httpServer({
    routes,
    sites: [docsSite(), consoleSite(publicUrl)],
    publicUrl,
    log,
    clock,
    version: VERSION,
    bodyLimit: config.body_limit_bytes,
    trustProxy: config.trust_proxy,
    ratePerSecond: config.rate_limit_per_second,
    publicRatePerSecond: config.public_rate_limit_per_second,
    requestTimeoutSeconds: config.request_timeout_seconds,
    authenticate: (token, isUse) => authenticator.authenticate(token, isUse),
    observe: observer(database, audit.record),
    idempotency,
    cookies: new SessionCookies(publicUrl),
    proofs: new ProofOfPossession(publicUrl, clock),
    tracing,
    measured: (route, method, status, seconds) => telemetry.measureRequest(route, method, status, seconds),
  })
  await keys.tenants.create(ANCHOR_TENANT, originOf(config.origin, ANCHOR_TENANT))
  await callers.start()
  await sequencer.start()
  anchoring.start()
  const schedule = await startSchedule({
    ...{ database, log, tenancy, privacy, audit, access, policies, idempotency, telemetry },
    graceSeconds: config.stop_grace_seconds,
  })
  // Requests and jobs first: what they acknowledged is flushed before the sequencer gives its lease back.
  const stop = async () => {
    const cut = setTimeout(() => http.server.closeAllConnections(), config.stop_grace_seconds * 1000)
    await Promise.all([http.close(), schedule.stop()])
    clearTimeout(cut)
    await anchoring.stop()
    await sequencer.stop()
    await threads.stop()
    callers.stop()
    await Promise.all([mailer.stop(), textMessages.stop()])
    await outside.stop()
    await tracing.stop()
  }
  try {
    url = await http.listen({ host: config.host, port: config.port })
    return { url, setupUrl: await tenancy.firstLink(), http, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function sessionSettings(config: Config): SessionSettings {
  return {
    usual: { idle: config.session_idle_seconds, absolute: config.session_absolute_seconds },
    remembered: { idle: config.session_remembered_idle_seconds, absolute: config.session_remembered_absolute_seconds },
    accessSeconds: config.session_access_seconds,
    mostPerUser: config.sessions_per_user,
  }
}

/** Records every refusal and every use of a sensitive scope, before the work is done. */
function observer(database: Database, record: RecordEvent): AdmissionOptions['observe'] {
  return (principal, route, scopes, verdict) => {
    const told = verdict === 'refused' ? scopes : scopes.filter((scope) => SENSITIVE.has(scope))
    if (verdict === 'sensitive' && told.length === 0) return null
    return tenantTransaction(database.app, principal.tenantId, async (tx) => {
      await record(tx, {
        event_type: verdict === 'refused' ? 'access.refused' : 'access.sensitive_scope_used',
        actor: { type: 'person', id: principal.userId },
        resource: `${route.method} ${route.path}`,
        action: verdict === 'refused' ? 'refuse' : 'use',
        outcome: verdict === 'refused' ? 'Failure' : 'Success',
        ...(verdict === 'refused' ? { risk_score: 30 } : {}),
        data: { scopes: told, [principal.kind]: principal.id },
      })
    })
  }
}

const SENSITIVE = new Set<Scope>(SENSITIVE_SCOPES)

function answerSealer(keys: Keys) {
  const location = (row: string) => ({ table: 'idempotency_keys', column: 'answer_sealed', row })
  return {
    seal: async (tenantId: string, row: string, answer: string) =>
      seal(tenantId, [await keys.subjects.ownKey(tenantId)], location(row), Buffer.from(answer)),
    digest: async (tenantId: string, request: Uint8Array) => keyedDigest(await keys.subjects.ownKey(tenantId), request),
    open: async (tenantId: string, row: string, sealed: Buffer) =>
      open(tenantId, [await keys.subjects.ownKey(tenantId)], location(row), sealed).toString(),
  }
}
