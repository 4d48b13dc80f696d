import type { Logs } from './build-log.ts'

/** What verification must say of an attack. */
export interface Expectation {
  /** The first index that it names; a pair `[from, until)` where only the bundle can be known. */
  first: number | [number, number]
  /** A code that is among the findings. */
  code?: string
  /** An index that is among the findings as well. */
  also?: number
  /** Whether the other tenant's log is damaged too. */
  others?: boolean
}

export interface Attack {
  name: string
  run(logs: Logs): Promise<Expectation>
  /** Undoes what the copy of the log does not hold. */
  undo?(logs: Logs): Promise<void>
}

/** An attack of SQL statements on the first tenant, whose id is $1. */
export function bySql(
  name: string,
  text: string | ((logs: Logs) => string),
  expected: (logs: Logs) => Expectation,
): Attack {
  return {
    name,
    async run(logs) {
      const statements = typeof text === 'string' ? text : text(logs)
      await logs.server.sql(statements.replaceAll('$1', `'${logs.tenantId}'`))
      return expected(logs)
    },
  }
}
