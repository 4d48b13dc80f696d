import { AskedThread, type Priority } from '../../platform/asked-thread.ts'
import { DomainError } from '../../platform/errors.ts'
import { type Answer, FILE, type PasswordCost, type Question, ROLE } from './password-thread.ts'

const AT_ONCE = 2
const MOST_WAITING = 64

interface Asking {
  isStranger: boolean
  /** What another account has; null: what a new one would have. */
  decoy: string | null
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
    const made = await this.#queues.low.ask({ password, cost: this.#cost })
    if (typeof made !== 'string') throw new Error('a password could not be hashed')
    return made
  }

  /** Whether the password is right. `stored` null or empty: there is none; `decoy` is looked at in its place, and it is false. */
  async check(stored: string | null, password: string, { isStranger, decoy }: Asking): Promise<boolean> {
    this.#decoy ??= this.hash('a password that nobody has')
    const question = { password, stored: stored || decoy || (await this.#decoy) }
    const right = await this.#queues[isStranger ? 'idle' : 'low'].ask(question)
    if (right === null) throw new Error('what is stored of a password cannot be read')
    return right === true && Boolean(stored)
  }

  /** Whether what is stored was hashed otherwise than passwords are today, by more or by less. */
  isOld(stored: string): boolean {
    const { kibibytes, passes } = this.#cost
    return !stored.startsWith(`$argon2id$v=19$m=${kibibytes},t=${passes},p=1$`)
  }
}

class Queue {
  readonly #priority: Priority
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(priority: Priority) {
    this.#priority = priority
  }

  async ask(question: Question): Promise<Answer> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING)
        throw new DomainError('UNAVAILABLE', { reason: 'too many log-ins at once', retry_after: 2 })
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#running++
    const threads = unused[this.#priority]
    const thread = threads.pop() ?? new AskedThread<Question, Answer>(FILE, ROLE, gone, { priority: this.#priority })
    try {
      return await thread.ask(question, [])
    } finally {
      this.#running--
      if (!thread.ended) threads.push(thread)
      this.#waiting.shift()?.()
    }
  }
}

function gone(): DomainError {
  return new DomainError('UNAVAILABLE', { reason: 'the password could not be looked at; try again', retry_after: 1 })
}
