import assert from 'node:assert/strict'
import fc from 'fast-check'
import type pg from 'pg'
import { EntityStore, type EntityText } from '../../src/domains/access/cedar/entities.ts'
import { parseExact } from '../../src/domains/access/cedar/exact-json.ts'
import type { Filter } from '../../src/domains/access/cedar/filter.ts'
import { type JsonValue, readRecord, readValue } from '../../src/domains/access/cedar/json-value.ts'
import { longOf } from '../../src/domains/access/cedar/long.ts'
import { compilePolicy } from '../../src/domains/access/cedar/policy.ts'
import { PolicySet } from '../../src/domains/access/cedar/policy-set.ts'
import type { Entity } from '../../src/domains/access/cedar/request.ts'
import { residualOf } from '../../src/domains/access/cedar/residual.ts'
import { readPolicies } from '../../src/domains/access/cedar/text.ts'
import { CedarSet, EntityReference, Extension, type Value } from '../../src/domains/access/cedar/value.ts'
import type { FilterMapping } from '../../src/domains/access/filter-mapping.ts'
import { sqlOf } from '../../src/domains/access/store-filter.ts'
import { rows as anyRow, type FilterCase, RARE_ROWS, type Row } from './filter-generated.ts'

const TABLE = `CREATE TEMP TABLE things (id text PRIMARY KEY, teams text[] NOT NULL, s text, n bigint, flag boolean,
  "when" timestamptz, "set" text[], "ow""ner" text, u uuid, json jsonb NOT NULL)`

/** All attributes in JSON; or those of one type in columns of their own, and the others in JSON. */
const MAPPINGS: Record<'json' | 'columns', FilterMapping> = {
  json: {
    id: { column: 'id', type: 'text' },
    attributes: {},
    rest: 'json',
    within: { Team: { column: 'teams', type: 'text[]' } },
  },
  columns: {
    ...{
      table: 't',
      id: { column: 'id', type: 'text' },
      rest: 'json',
      within: { Team: { column: 'teams', type: 'text[]' } },
    },
    attributes: {
      ...{
        s: { column: 's', type: 'text' },
        n: { column: 'n', type: 'bigint' },
        flag: { column: 'flag', type: 'boolean' },
      },
      ...{ when: { column: 'when', type: 'timestamptz' }, set: { column: 'set', type: 'text[]' } },
      ...{ owner: { column: 'ow"ner', type: 'text', entity: 'User' }, u: { column: 'u', type: 'uuid' } },
      rec: { column: 'json', type: 'jsonb', path: ['rec'] },
    },
  },
}

interface Thing {
  id: string
  teams: string[]
  attributes: Record<keyof typeof MAPPINGS, ReadonlyMap<string, Value>>
}

/** A table of so many resources. */
export async function filterTable(client: pg.Client, { count, seed }: { count: number; seed: number }) {
  await client.query(TABLE)
  const all = new Map([...fc.sample(anyRow, { numRuns: count, seed }), ...RARE_ROWS].map((row) => [row.id, row]))
  for (const row of all.values()) await insert(client, row)
  const things = [...all.values()].map(thingOf)
  return { things, check: (given: FilterCase) => check(client, things, given) }
}

async function insert(client: pg.Client, { id, teams, s, n, flag, when, set, owner, u, json }: Row): Promise<void> {
  const at = when === null ? null : new Date(when).toISOString().replace(/^0000(.*)Z$/, '0001$1Z BC')
  // Half a millisecond later: what a column has beyond milliseconds is none of the datetime.
  await client.query(
    `INSERT INTO things VALUES ($1, $2, $3, $4, $5, $6::timestamptz + interval '500 microseconds', $7, $8, $9, $10)`,
    [id, teams, s, n, flag, at, set, owner, u, JSON.stringify(json)],
  )
}

function thingOf(row: Row): Thing {
  const json = new Map(
    Object.entries(parseExact(JSON.stringify(row.json)) as Record<string, JsonValue>).flatMap(([name, one]) => {
      const isValue = one !== null && (typeof one !== 'number' || Number.isInteger(one)) && one !== 1e30
      return isValue ? [[name, readValue(one)] as const] : []
    }),
  )
  const columns = new Map<string, Value | null>([
    ...json,
    ...([
      ['s', row.s],
      ['flag', row.flag],
      ['u', row.u],
    ] as const),
    ['n', row.n === null ? null : longOf(row.n)],
    ['when', row.when === null ? null : new Extension('datetime', row.when)],
    ['set', row.set === null ? null : new CedarSet(row.set)],
    ['owner', row.owner === null ? null : new EntityReference('User', row.owner)],
  ])
  const present = [...columns].flatMap(([name, one]) => (one === null ? [] : [[name, one] as const]))
  return { id: row.id, teams: row.teams, attributes: { json, columns: new Map(present) } }
}

export interface Checked {
  filter: Filter
  text: string
  isExact: boolean
  /** Rows that the engine allows. */
  allowed: number
  /** Rows that the engine has to be asked for. */
  passed: number
}

/** That the database gives the rows that the engine allows, by both mappings. Throws where it does not. */
async function check(client: pg.Client, things: readonly Thing[], given: FilterCase): Promise<Checked[]> {
  const { policies, entities, principal, action, context, type, isPlain, erroringForbid } = given
  const set = new PolicySet(policies.map((text, i) => compilePolicy(`policy${i}`, statement(text))))
  const known = EntityStore.read(entities as unknown as EntityText[]) // as they were generated
  const request = {
    ...{
      principal: new EntityReference(principal.type, principal.id),
      action: new EntityReference(action.type, action.id),
    },
    context: readRecord(context as JsonValue), // as it was generated
  }
  const partial = { ...request, entities: known, resource: { type, isPlain }, known: [] }
  const { filter } = await residualOf(set, partial, erroringForbid)
  const checked: Checked[] = []
  for (const name of ['json', 'columns'] as const) {
    const { text, values, isExact } = sqlOf(filter, MAPPINGS[name], 2)
    const sql = `SELECT id FROM things t WHERE $1 AND (${text})`
    const { rows } = await client.query<{ id: string }>(sql, [true, ...values]).catch((error) => {
      throw new Error(`${error.message}\n${sql}\n${JSON.stringify(values)}`)
    })
    const passed = new Set(rows.map(({ id }) => id))
    const allowed = things.filter((thing) => {
      const resource = new EntityReference(type, thing.id)
      const ancestors = new Set(isPlain ? [] : thing.teams.map((team) => new EntityReference('Team', team).key))
      const row: Entity = { attributes: thing.attributes[name], tags: new Map(), ancestors }
      const find = (key: string) => (key === resource.key && key !== request.principal.key ? row : known.find(key))
      const { decision, errors } = set.isAuthorized({ ...request, resource, entities: { find } })
      const isBarred = erroringForbid === 'denies' && errors.some(({ policy }) => policy.effect === 'forbid')
      return decision === 'allow' && !isBarred
    })
    const told = () => `${name}\n${policies.join('\n')}\n${sql}\n${JSON.stringify(values)}`
    for (const { id, attributes } of allowed)
      assert.ok(
        passed.has(id),
        `${JSON.stringify(id)} is allowed and left out: ${printed(attributes[name])}\n${told()}`,
      )
    if (isExact) {
      const ids = new Set(allowed.map(({ id }) => id))
      for (const { id, attributes } of things)
        if (passed.has(id) && !ids.has(id))
          assert.fail(`${JSON.stringify(id)} is denied and let through: ${printed(attributes[name])}\n${told()}`)
    }
    checked.push({ filter, text, isExact, allowed: allowed.length, passed: passed.size })
  }
  return checked
}

function statement(text: string) {
  const [one] = readPolicies(text)
  if (!one) throw new Error(`no policy in ${text}`)
  return one.json
}

function printed(attributes: ReadonlyMap<string, Value>): string {
  return JSON.stringify([...attributes], (_name, one: unknown) => {
    if (typeof one === 'bigint') return `${one}n`
    if (one instanceof CedarSet) return [...one.byKey.keys()]
    return one instanceof Map ? Object.fromEntries(one) : one
  })
}
