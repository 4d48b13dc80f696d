import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { AskedThread, type Priority } from '../../platform/asked-thread.ts'
import { DomainError } from '../../platform/errors.ts'
import { type Answer, FILE, type PasswordCost, type Question, ROLE } from './password-thread.ts'

const AT_ONCE = 2
const MOST_WAITING = 64
/** Of one source, so that it alone fills no queue, whatever tenants it names. */
const MOST_WAITING_OF_SOURCE = 16
/** So that nobody fills it for all tenants by way of one. */
const MOST_WAITING_OF_TENANT = 48
const TIMES_KEPT = 64

interface Stranger {
  /** Of the address. */
  source: string
  /** Null: of all tenants that there are not. */
  tenantId: string | null
}

interface Asking {
  /** Who tries from where nobody logged in to the account; null: somebody did. */
  stranger?: Stranger | null
  /** What another account has; null: what a new one would have. */
  decoy?: string | null
}

/** Those of the process: of all servers in it, and ended with it. One that died is made again when it is needed. */
const unused: Record<Priority, AskedThread<Question, Answer>[]> = { low: [], idle: [] }

/**
 * Hashes and checks passwords, a few at a time; refuses with UNAVAILABLE rather than eat the machine. What strangers try has
 * threads of its own, which run when nothing else does: a storm of guesses slows nobody who is logged in, or known.
 */
export class Passwords {
  readonly #cost: PasswordCost
  readonly #queues: Record<Priority, Queue> = { low: new Queue('low'), idle: new Queue('idle') }
  #decoy: Promise<string> | null = null

  constructor(cost: PasswordCost) {
    this.#cost = cost
  }

  async hash(password: string): Promise<string> {
    const { low } = this.#queues
    const { answer, milliseconds } = await low.ask({ password, cost: this.#cost })
    if (typeof answer !== 'string') throw new Error('a password could not be hashed')
    low.note(milliseconds)
    return answer
  }

  /**
   * Whether the password is right. `stored` null or empty: there is none; `decoy` is looked at in its place, and it is false. What
   * was hashed for less than passwords are today is answered as late as they are: else time would tell of old accounts.
   */
  async check(
    stored: string | null,
    password: string,
    { stranger = null, decoy = null }: Asking = {},
  ): Promise<boolean> {
    this.#decoy ??= this.hash('a password that nobody has')
    const queue = this.#queues[stranger === null ? 'low' : 'idle']
    const looked = stored || decoy || (await this.#decoy)
    const { answer, milliseconds } = await queue.ask({ password, stored: looked }, stranger)
    if (answer === null) throw new Error('what is stored of a password cannot be read')
    if (!this.isOld(looked)) queue.note(milliseconds)
    else await sleep(Math.max(0, (queue.anyTime() ?? this.#queues.low.anyTime() ?? 0) - milliseconds))
    return answer === true && Boolean(stored)
  }

  /** Whether what is stored was hashed otherwise than passwords are today, by more or by less. */
  isOld(stored: string): boolean {
    const { kibibytes, passes } = this.#cost
    return !stored.startsWith(`$argon2id$v=19$m=${kibibytes},t=${passes},p=1$`)
  }
}

class Queue {
  readonly #priority: Priority
  readonly #waiting: { stranger: Stranger | null; begin: () => void }[] = []
  /** How long the latest hashes of today's cost took, without what they waited for. */
  readonly #times: number[] = []
  #running = 0

  constructor(priority: Priority) {
    this.#priority = priority
  }

  async ask(question: Question, stranger: Stranger | null = null): Promise<{ answer: Answer; milliseconds: number }> {
    if (this.#running >= AT_ONCE) {
      if (this.#isFull(stranger))
        throw new DomainError('UNAVAILABLE', { reason: 'too many log-ins at once', retry_after: 2 })
      await new Promise<void>((begin) => this.#waiting.push({ stranger, begin })) // in the place of one that ended
    } else this.#running++
    const threads = unused[this.#priority]
    const thread = threads.pop() ?? new AskedThread<Question, Answer>(FILE, ROLE, gone, { priority: this.#priority })
    const start = performance.now()
    try {
      return { answer: await thread.ask(question, []), milliseconds: performance.now() - start }
    } finally {
      if (!thread.ended) threads.push(thread)
      const next = this.#waiting.shift()
      if (next) next.begin()
      else this.#running--
    }
  }

  #isFull(stranger: Stranger | null): boolean {
    if (this.#waiting.length >= MOST_WAITING) return true
    if (stranger === null) return false
    const count = (part: keyof Stranger) =>
      this.#waiting.filter((one) => one.stranger?.[part] === stranger[part]).length
    return count('source') >= MOST_WAITING_OF_SOURCE || count('tenantId') >= MOST_WAITING_OF_TENANT
  }

  note(milliseconds: number): void {
    this.#times.push(milliseconds)
    if (this.#times.length > TIMES_KEPT) this.#times.shift()
  }

  /** One of those times, by chance; null: there is none yet. */
  anyTime(): number | null {
    return this.#times.length === 0 ? null : (this.#times[randomInt(this.#times.length)] ?? null)
  }
}

function gone(): DomainError {
  return new DomainError('UNAVAILABLE', { reason: 'the password could not be looked at; try again', retry_after: 1 })
}
