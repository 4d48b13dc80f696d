import type { ErrorCode, KeyLoggedIn, Login, LoginAnswer, PasswordLogin, StepUp } from '@probity/contract'
import type { Principal } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError } from '../../platform/errors.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import type { Keys } from '../keys/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import type { Devices } from './devices.ts'
import type { Federation } from './federation.ts'
import type { KeyLogIn } from './key-log-in.ts'
import type { Passwords } from './passwords.ts'
import { openProfiles } from './profile.ts'
import { lacksFactor } from './rules.ts'
import type { Proof, SecondFactors } from './second-factors.ts'
import { type Client, ownSession, placeOf, type Sessions, type Through } from './sessions.ts'
import type { SignInRules } from './sign-in-rules.ts'
import * as store from './store.ts'
import * as users from './store-users.ts'
import type { Attempt, Throttle } from './throttle.ts'
import { UNKNOWN_PERSON } from './unknown-person.ts'

export interface LogInDependencies {
  work: Work
  clock: Clock
  keys: Keys
  tenancy: Tenancy
  record: RecordEvent
  passwords: Passwords
  throttle: Throttle
  sessions: Sessions
  factors: SecondFactors
  devices: Devices
  rules: SignInRules
  federation: Federation
  keyLogIn: KeyLogIn
}

/** A password that was right, and the second factor that was shown with it; null: none is asked for. */
interface Shown {
  user: store.UserRow
  attempt: Attempt
  proof: Proof | null
  /** Whether the device showed one before and was not asked. */
  isRemembered: boolean
  /** The directory whose password it was; null: it is ours. */
  through: Through | null
}

/** The password is right, and nothing else was shown. */
interface Asked {
  asked: store.UserRow
}

/** How people show who they are: when they log in, and again before what is sensitive. */
export class LogIn {
  readonly #dependencies: LogInDependencies
  readonly #work: Work

  constructor(dependencies: LogInDependencies) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /** Lets in by any kind of credential; each throws what it says below. */
  async logIn(input: Login, client: Client, deviceToken: string | null): Promise<LoginAnswer | KeyLoggedIn> {
    if (input.credential_type === 'api_key') return this.#dependencies.keyLogIn.logIn(input)
    if (input.credential_type !== 'username_password') return this.#dependencies.federation.logIn(input, client)
    return this.#byPassword({ ...input, device_token: input.device_token ?? deviceToken ?? undefined }, client)
  }

  /**
   * Starts a session, or asks for the second factor. Throws CREDENTIALS_INVALID and RATE_LIMITED, the same after the same
   * work for an unknown name; MFA_CODE_INVALID, ACCOUNT_SUSPENDED and TENANT_SUSPENDED only to who knows the password.
   */
  async #byPassword(input: PasswordLogin, client: Client): Promise<LoginAnswer> {
    const tenantId = await this.#dependencies.tenancy.find(input.tenant)
    const shown = await this.#show(tenantId, input, client)
    if (tenantId === null) throw new DomainError('CREDENTIALS_INVALID')
    const user = 'asked' in shown ? shown.asked : shown.user
    if (!(await this.#dependencies.tenancy.get(tenantId)).is_active) {
      await this.#refuse(tenantId, user, client, 'suspended')
      throw new DomainError('TENANT_SUSPENDED')
    }
    const { passwords, sessions } = this.#dependencies
    const isOurs = input.connection === undefined
    // Told only to who knows the password, as all that is said of an account; nobody is asked for a code that opens nothing.
    const rules = await this.#toldOf(tenantId, user, client, () =>
      this.#dependencies.rules.requireWay(tenantId, user, { byProvider: !isOurs }),
    )
    if ('asked' in shown) return this.#ask(tenantId, shown, input)
    const rehashed = isOurs && passwords.isOld(user.password_hash) ? await passwords.hash(input.password) : null
    let device_token: string | null = null
    const methods = methodsOf(shown)
    const lacks_factor = lacksFactor(rules, user, methods)
    const opening = {
      ...{ user: { ...user, lacks_factor }, client, isRemembered: input.remember_me, methods },
      through: shown.through,
      before: async (tx: Tx) => {
        await this.#take(tx, shown)
        await this.#dependencies.rules.settleWay(tx, user, { byProvider: !isOurs })
        if (shown.proof && input.remember_device)
          device_token = await this.#dependencies.devices.remember(tx, user.id, this.#work.now())
        await Promise.all([
          users.noteLogin(tx, user.id, this.#work.now()),
          rehashed === null ? null : users.replaceHash(tx, user.id, user.password_hash, rehashed),
        ])
      },
    }
    const opened = await this.#toldOf(tenantId, user, client, () => sessions.start(tenantId, opening))
    return device_token === null ? opened : { ...opened, device_token }
  }

  /** The same again within a session, which counts as just authenticated from then on. */
  async stepUp(
    principal: Principal,
    { password, mfa_code, connection, username }: StepUp,
    client: Client,
  ): Promise<void> {
    const { keys, sessions } = this.#dependencies
    const { tenantId, userId } = principal
    const own = ownSession(principal)
    const row = await this.#work.run(tenantId, (tx) => users.readPerson(tx, userId))
    const [profile] = row ? await openProfiles(keys, tenantId, [row]) : []
    if (!profile) throw new DomainError('UNAUTHENTICATED')
    const input = { tenant: tenantId, username: username ?? profile.username, password, mfa_code, connection }
    const shown = await this.#show(tenantId, input, client)
    if ('asked' in shown) throw new DomainError('MFA_CODE_INVALID', { reason: 'send mfa_code as well' })
    if (shown.user.id !== userId) throw new DomainError('CREDENTIALS_INVALID')
    await this.#toldOf(tenantId, shown.user, client, () =>
      this.#work.run(tenantId, async (tx) => {
        await this.#take(tx, shown)
        await sessions.noteFactors(tx, own, methodsOf(shown))
        const happened = { event_type: 'session.stepped_up', resource: `session/${own}`, action: 'step_up' }
        await recordOf(this.#dependencies.record, tx, userId, happened)
      }),
    )
  }

  /** Looks at password and code; nothing is taken yet. */
  async #show(
    tenantId: string | null,
    input: Pick<PasswordLogin, 'tenant' | 'connection' | 'username' | 'password' | 'mfa_code' | 'device_token'>,
    client: Client,
  ): Promise<Shown | Asked> {
    const { throttle, factors } = this.#dependencies
    const counted = await throttle.begin(tenantId, input, client.ip_address)
    const { refusedFor } = counted
    if (refusedFor > 0) {
      await this.#refuse(tenantId, counted.user, client, 'throttled')
      throw new DomainError('RATE_LIMITED', { retry_after: refusedFor })
    }
    const { user, through } = await this.#whoKnows(tenantId, counted, input)
    const isThere = user?.status === 'active' || user?.status === 'suspended'
    if (tenantId === null || user === null || !isThere) {
      await this.#refuse(tenantId, counted.user, client, 'credentials')
      throw new DomainError('CREDENTIALS_INVALID')
    }
    // Second factors are counted by whose they are; and whoever a directory lets in by somebody else's name here has shown
    // nothing of them.
    const attempt = { ...counted, user, isAnothers: counted.user !== null && counted.user.id !== user.id }
    if (user.status === 'suspended') {
      await this.#refuse(tenantId, user, client, 'account_suspended')
      throw new DomainError('ACCOUNT_SUSPENDED')
    }
    if (!user.mfa_enabled) return { user, attempt, proof: null, isRemembered: false, through }
    if (input.mfa_code === undefined) {
      const isRemembered = await this.#isRemembered(tenantId, user.id, input.device_token)
      return isRemembered ? { user, attempt, proof: null, isRemembered, through } : { asked: user }
    }
    const codesRefusedFor = await throttle.beginCode(tenantId, attempt)
    if (codesRefusedFor > 0) {
      await this.#refuse(tenantId, user, client, 'codes_throttled')
      throw new DomainError('RATE_LIMITED', { retry_after: codesRefusedFor })
    }
    return {
      user,
      attempt,
      proof: await factors.prepare(tenantId, user.id, input.mfa_code, 'confirmed'),
      isRemembered: false,
      through,
    }
  }

  /** Whose password it is, here or in a directory; null: nobody's. */
  async #whoKnows(
    tenantId: string | null,
    { user: named, isKnown, decoy, from }: Attempt,
    { connection, username, password }: Pick<PasswordLogin, 'connection' | 'username' | 'password'>,
  ): Promise<{ user: store.UserRow | null; through: Through | null }> {
    const { passwords, federation } = this.#dependencies
    if (connection === undefined) {
      const isRight = await passwords.check(named?.password_hash ?? null, password, {
        stranger: isKnown ? null : { source: from, tenantId },
        decoy,
      })
      return { user: isRight ? named : null, through: null }
    }
    if (tenantId === null) throw new DomainError('NOT_FOUND')
    const found = await federation.byPassword(tenantId, connection, { username, password })
    if (found === null) return { user: null, through: null }
    const user = await this.#work.run(tenantId, (tx) => store.readUser(tx, found.userId))
    return { user, through: found.through }
  }

  async #isRemembered(tenantId: string, userId: string, token: string | undefined): Promise<boolean> {
    if (token === undefined) return false
    return this.#work.run(tenantId, (tx) => this.#dependencies.devices.isRemembered(tx, userId, token))
  }

  async #ask(tenantId: string, { asked }: Asked, { send_code }: PasswordLogin): Promise<LoginAnswer> {
    const { factors } = this.#dependencies
    const code_sent = send_code !== undefined && (await factors.send(tenantId, asked.id, send_code))
    return { mfa_required: true, methods: await factors.methodsOf(tenantId, asked.id), code_sent }
  }

  // The account may have been closed, or its password changed, while the password was looked at.
  async #take(tx: Tx, { user, attempt, proof }: Shown): Promise<void> {
    const { throttle, factors } = this.#dependencies
    const [, held] = await Promise.all([throttle.succeed(tx, attempt), store.lockAccount(tx, user.id)])
    if (held?.password_hash !== user.password_hash || held.status !== 'active' || held.mfa_enabled !== user.mfa_enabled)
      throw new DomainError('CREDENTIALS_INVALID')
    if (proof === null) return
    if ((await factors.take(tx, proof)) === null) throw new DomainError('MFA_CODE_INVALID')
    await throttle.succeedCode(tx, attempt)
  }

  /** Does what may refuse who knows the password; that is recorded, which its own transaction undid. */
  async #toldOf<T>(tenantId: string, user: store.UserRow, client: Client, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const why = error instanceof DomainError ? WHY[error.code] : undefined
      if (why !== undefined) await this.#refuse(tenantId, user, client, why)
      throw error
    }
  }

  /** Records that nobody was let in; an unknown name is somebody too, so that it takes as long. */
  async #refuse(tenantId: string | null, user: store.UserRow | null, client: Client, why: string): Promise<void> {
    if (tenantId === null) return
    await this.#work.run(tenantId, (tx) =>
      this.#dependencies.record(tx, {
        event_type: 'session.refused',
        actor: { type: 'person', id: user?.id ?? UNKNOWN_PERSON },
        resource: `user/${user?.id ?? 'unknown'}`,
        action: 'login',
        outcome: 'Failure',
        risk_score: RISK[why] ?? 40,
        data: { why },
        personal: placeOf(client),
      }),
    )
  }
}

/** Values of RFC 8176; that a device was remembered has none there. */
function methodsOf({ proof, isRemembered }: Shown): string[] {
  if (proof !== null) return ['pwd', 'otp']
  return isRemembered ? ['pwd', 'remembered_device'] : ['pwd']
}

/** What a refusal is called in the log. */
const WHY: Partial<Record<ErrorCode, string>> = {
  MFA_CODE_INVALID: 'second_factor',
  PROVIDER_REQUIRED: 'provider_required',
}

/** Whoever has the password and not the code is worth a look. */
const RISK: Record<string, number> = { throttled: 60, codes_throttled: 80, second_factor: 60 }
