import type { LdapSettings } from '@probity/contract'
import { AskedProcess } from '../../platform/asked-process.ts'
import { DomainError } from '../../platform/errors.ts'
import type { Outside } from '../../platform/outside.ts'
import { type Answer, FILE, MILLISECONDS, type Question, ROLE } from './directory-process.ts'
import { ProviderProblem } from './provider-problem.ts'
import type { Told } from './told.ts'

type Asked = AskedProcess<Question, Answer>

/** Beyond what a log-in itself may take, until its process is given up. */
const GRACE_MILLISECONDS = 1_000
/** Log-ins that ask directories at once: in all, and of one tenant, so that its directories hold up no other's people. */
const AT_ONCE = 16
const AT_ONCE_OF_ONE = 4
const MOST_WAITING = 32
const MOST_IDLE = 4

interface Turns {
  running: number
  waiting: (() => void)[]
}

/** Those of this process that wait to be asked, and end with it. */
const idle: Asked[] = []

/** Log-ins by name and password of an LDAP directory, each in a process that is given up when it does not come back. */
export class Directories {
  readonly #allowsInside: boolean
  readonly #turns = new Map<string, Turns>()
  #running = 0

  constructor({ allowsInside }: Outside) {
    this.#allowsInside = allowsInside
  }

  /**
   * Whom a directory of the tenant says it is; null: name or password is wrong. `secret`: of the account that searches.
   * Throws PROVIDER_UNREACHABLE with why as cause, UNAVAILABLE where too many are asked.
   */
  async authenticate(
    tenantId: string,
    settings: LdapSettings,
    secret: string | null,
    given: { username: string; password: string },
  ): Promise<Told | null> {
    // A bind with a name and no password succeeds as anonymous in many directories (RFC 4513 §5.1.2).
    if (given.password === '') return null
    const question = { settings, secret, ...given, allowsInside: this.#allowsInside }
    const answer = await this.#inTurn(tenantId, () => ask(question))
    if ('told' in answer) return answer.told
    throw unreachable(answer.failed)
  }

  async #inTurn<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(tenantId) ?? { running: 0, waiting: [] }
    this.#turns.set(tenantId, turns)
    if (turns.running >= AT_ONCE_OF_ONE) {
      if (turns.waiting.length >= MOST_WAITING) throw tooMany()
      await new Promise<void>((resolve) => turns.waiting.push(resolve))
    } else {
      if (this.#running >= AT_ONCE) throw tooMany()
      turns.running++
      this.#running++
    }
    try {
      return await work()
    } finally {
      this.#handOver(tenantId, turns)
    }
  }

  // Who waits takes the place that becomes free: whoever comes between would make one more.
  #handOver(tenantId: string, turns: Turns): void {
    const next = turns.waiting.shift()
    if (next) {
      next()
      return
    }
    turns.running--
    this.#running--
    if (turns.running === 0) this.#turns.delete(tenantId)
  }
}

/** A process whose directory behaved is kept for the next; any other goes with whatever holds it. */
async function ask(question: Question): Promise<Answer> {
  const kept = idle.pop()
  const asked: Asked =
    kept && !kept.ended ? kept : new AskedProcess(FILE, ROLE, () => unreachable('its answer does not end'))
  const answer = await asked.ask(question, MILLISECONDS + GRACE_MILLISECONDS)
  if ('told' in answer && idle.length < MOST_IDLE) idle.push(asked)
  else asked.stop()
  return answer
}

function unreachable(why: string): DomainError {
  return new DomainError('PROVIDER_UNREACHABLE', {}, { cause: new ProviderProblem(why) })
}

function tooMany(): DomainError {
  return new DomainError('UNAVAILABLE', { reason: 'too many log-ins at the directory at once', retry_after: 10 })
}
