import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EntityStore, type EntityText } from '../../src/domains/access/cedar/entities.ts'
import { parseExact } from '../../src/domains/access/cedar/exact-json.ts'
import { type JsonValue, readRecord, readReference } from '../../src/domains/access/cedar/json-value.ts'
import { compilePolicy } from '../../src/domains/access/cedar/policy.ts'
import { PolicySet } from '../../src/domains/access/cedar/policy-set.ts'
import type { Entities } from '../../src/domains/access/cedar/request.ts'
import { actionGroups } from '../../src/domains/access/cedar/schema.ts'
import { readPolicies, UnreadablePolicy } from '../../src/domains/access/cedar/text.ts'

/** A case of Cedar's integration tests; its paths are relative to the root of the archive. */
interface Case {
  policies: string
  entities: string
  schema?: string
  requests: readonly Asked[]
}

interface Asked {
  principal: JsonValue
  action: JsonValue
  resource: JsonValue
  context: JsonValue
  decision: string
  reason: string[]
  errors: string[]
}

export interface Outcome {
  /** Requests whose decision, determining policies and errors are as expected. */
  agree: number
  /** What is answered to the others, and what was expected. */
  disagree: string[]
  /** Why Cedar's own parser refuses the case; null: it does not. */
  unreadable: string | null
}

/** Runs one case of an archive that is laid out in a folder. */
export function runCase(root: string, file: string): Outcome {
  const given = parseExact(readFileSync(join(root, file), 'utf8')) as unknown as Case
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  try {
    const policies = new PolicySet(readPolicies(read(given.policies)).map(({ id, json }) => compilePolicy(id, json)))
    const groups = given.schema === undefined ? new Map() : actionGroups(read(given.schema))
    const entities = EntityStore.read(parseExact(read(given.entities)) as unknown as EntityText[]).withActions(groups)
    const disagree = given.requests.flatMap((asked, i) => differenceOf(policies, entities, asked, i))
    return { agree: given.requests.length - disagree.length, disagree, unreadable: null }
  } catch (error) {
    if (!(error instanceof UnreadablePolicy)) throw new Error(`${dirname(file)} ${file}`, { cause: error })
    return { agree: 0, disagree: [], unreadable: error.message }
  }
}

function differenceOf(policies: PolicySet, entities: Entities, asked: Asked, index: number): string[] {
  const answer = policies.isAuthorized({
    ...{ principal: readReference(asked.principal), action: readReference(asked.action) },
    ...{ resource: readReference(asked.resource), context: readRecord(asked.context), entities },
  })
  const ours = told(
    answer.decision,
    answer.determining.map(({ id }) => id),
    answer.errors.map(({ policy }) => policy.id),
  )
  const expected = told(asked.decision.toLowerCase(), asked.reason, asked.errors)
  return ours === expected ? [] : [`request ${index}: ${ours}, expected ${expected}`]
}

function told(decision: string, reason: readonly string[], errors: readonly string[]): string {
  return `${decision} by [${[...reason].sort()}] with errors of [${[...errors].sort()}]`
}
