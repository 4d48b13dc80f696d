import type { LdapSettings } from '@probity/contract'
import { AskedProcess } from '../../platform/asked-process.ts'
import { DomainError } from '../../platform/errors.ts'
import type { Outside } from '../../platform/outside.ts'
import { type Answer, FILE, MILLISECONDS, type Question, ROLE } from './directory-process.ts'
import type { Told } from './told.ts'

type Asked = AskedProcess<Question, Answer>

/** Beyond what a log-in itself may take, until its process is given up. */
const GRACE_MILLISECONDS = 1_000
/** Log-ins that ask directories at once: in all, and of one tenant, so that its directories hold up no other's people. */
const AT_ONCE = 16
const AT_ONCE_OF_ONE = 4
const MOST_WAITING = 32
const MOST_IDLE = 4

/** Those of this process that wait to be asked, and end with it. */
const idle: Asked[] = []

/** Log-ins by name and password of an LDAP directory, each in a process that is given up when it does not come back. */
export class Directories {
  readonly #allowsInside: boolean
  readonly #turns = new Map<string, { running: number; waiting: (() => void)[] }>()
  #running = 0

  constructor({ allowsInside }: Outside) {
    this.#allowsInside = allowsInside
  }

  /**
   * Whom a directory of the tenant says it is; null: name or password is wrong. `secret`: of the account that searches.
   * Throws UNAVAILABLE where the directory can't be asked, or too many are.
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
    throw unavailable(answer.failed)
  }

  async #inTurn<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(tenantId) ?? { running: 0, waiting: [] }
    this.#turns.set(tenantId, turns)
    if (turns.running >= AT_ONCE_OF_ONE) {
      if (turns.waiting.length >= MOST_WAITING) throw unavailable('too many log-ins at once')
      await new Promise<void>((resolve) => turns.waiting.push(resolve))
    }
    if (this.#running >= AT_ONCE) throw unavailable('too many log-ins at once')
    turns.running++
    this.#running++
    try {
      return await work()
    } finally {
      turns.running--
      this.#running--
      turns.waiting.shift()?.()
      if (turns.running === 0 && turns.waiting.length === 0) this.#turns.delete(tenantId)
    }
  }
}

/** A process whose directory behaved is kept for the next; any other goes with whatever holds it. */
async function ask(question: Question): Promise<Answer> {
  const kept = idle.pop()
  const asked: Asked = kept && !kept.ended ? kept : new AskedProcess(FILE, ROLE, () => unavailable(null))
  const answer = await asked.ask(question, MILLISECONDS + GRACE_MILLISECONDS)
  if ('told' in answer && idle.length < MOST_IDLE) idle.push(asked)
  else asked.stop()
  return answer
}

function unavailable(why: string | null): DomainError {
  const reason = `the directory cannot be asked${why === null ? '' : `: ${why}`}`
  return new DomainError('UNAVAILABLE', { reason, retry_after: 10 })
}
