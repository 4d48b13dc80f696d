import { randomBytes } from 'node:crypto'

// What the naive twin knows, and how its parts answer.

export interface Account {
  id: string
  email: string
  username: string
  tenant_id: string
  password: string
  status: string
  scopes: string[]
  display_name?: string
  totp?: string
  failures: number
}

export interface Asked {
  // Whatever was sent: the twin looks at none of it.
  // biome-ignore lint/suspicious/noExplicitAny: a careless server reads what it is sent as what it hopes for
  body: any
  id: string
  query: URLSearchParams
  headers: Record<string, string | undefined>
  me: Account | undefined
  /** The session that the request shows. */
  shown: string | undefined
}
export interface Reply {
  status?: number
  body?: unknown
  headers?: Record<string, string | string[]>
  /** Lines of the head as they are, for who puts them together by hand. */
  raw?: string
}
export type Calls = Record<string, (asked: Asked) => Reply | Promise<Reply>>

export class World {
  readonly accounts = new Map<string, Account>()
  readonly sessions = new Map<string, string>()
  readonly links = new Map<string, string>()
  readonly suspended = new Set<string>()
  log = ''
  url = ''

  add(more: Partial<Account>): Account {
    const account = { id: random(), email: '', username: '', tenant_id: 'first', password: '', failures: 0 }
    const made = { ...account, status: 'active', scopes: [], ...more }
    if (made.username === '') made.username = made.email
    this.accounts.set(made.id, made)
    return made
  }
  named(name: string): Account | undefined {
    return [...this.accounts.values()].find((one) => one.username === name || one.email === name)
  }
  open(account: Account, session = random()): string {
    this.sessions.set(session, account.id)
    return session
  }
  write(event: string): void {
    this.log += `2026-01-01T00:00:00Z ${event}\n`
  }
}

export const random = () => randomBytes(12).toString('hex')
