// A page of what somebody may see, of 1,000,000 rows: by the condition that the engine answers with, by asking the engine for
// each row until the page is full, and by a condition that was written by hand for these policies. Rounds take turns; the last
// line is JSON, and result-filter.json has it too.
import { writeFileSync } from 'node:fs'
import pg from 'pg'
import { compilePolicy } from '../../apps/server/src/domains/access/cedar/policy.ts'
import { PolicySet } from '../../apps/server/src/domains/access/cedar/policy-set.ts'
import { residualOf } from '../../apps/server/src/domains/access/cedar/residual.ts'
import type { PartialRequest } from '../../apps/server/src/domains/access/cedar/residual-symbol.ts'
import { readPolicies } from '../../apps/server/src/domains/access/cedar/text.ts'
import { CedarSet, EntityReference, type Value } from '../../apps/server/src/domains/access/cedar/value.ts'
import type { FilterMapping } from '../../apps/server/src/domains/access/filter-mapping.ts'
import { sqlOf } from '../../apps/server/src/domains/access/store-filter.ts'
import { testCluster } from '../../apps/server/test/support/cluster.ts'
import { machine, spread } from '../support.ts'

const ROWS = 1_000_000
const OWNERS = 5_000
const TEAMS = 1_000
const PAGE = 50
const ROUNDS = 7
/** People whose pages are read in a round. */
const PEOPLE = 20
/** Rows that are fetched at once where each is asked for. */
const BATCH = 1_000

// 60 of 100 documents are published, 2 are public, 8 are sealed, the others drafts.
const DATA = `
CREATE TABLE documents (id bigint PRIMARY KEY, owner text NOT NULL, team text NOT NULL, state text NOT NULL,
  level bigint NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO documents
  SELECT i, 'user' || abs(hashint8(i) % ${OWNERS}), 'team' || abs(hashint8(i + 1000000007) % ${TEAMS}),
    CASE WHEN h < 60 THEN 'published' WHEN h < 62 THEN 'public' WHEN h < 70 THEN 'sealed' ELSE 'draft' END, h % 5,
    timestamptz '2026-01-01' + i * interval '10 seconds'
  FROM (SELECT i, abs(hashint8(i + 2000000011) % 100) AS h FROM generate_series(1::bigint, ${ROWS}) AS i) AS numbered;
CREATE INDEX ON documents (owner, created_at DESC);
CREATE INDEX ON documents (team, created_at DESC);
CREATE INDEX ON documents (created_at DESC);
ANALYZE documents`

const OWN = `permit (principal, action == Action::"read", resource is Document) when { resource.owner == principal.id };`
const TEAM = `permit (principal, action == Action::"read", resource is Document)
  when { principal.teams.contains(resource.team) && resource.state == "published" && resource.level <= principal.level };`
const PUBLIC = `permit (principal, action == Action::"read", resource is Document) when { resource.state == "public" };`
const SEALED = `forbid (principal, action == Action::"read", resource is Document)
  when { resource.state == "sealed" } unless { resource.owner == principal.id };`
/** What else a tenant has: policies of other actions and types. */
const OTHERS = Array.from(
  { length: 1_000 },
  (_, i) =>
    `permit (principal, action == Action::"act${i % 50}", resource is Type${i}) when { resource.kind == "k${i}" };`,
)

/** As rare as what one person may see is: a row in 5,000, in 1,100, in 50. */
const POLICIES = { rare: [OWN], few: [OWN, TEAM, SEALED], many: [OWN, TEAM, PUBLIC, SEALED] } as const
type Kind = keyof typeof POLICIES

const MAPPING: FilterMapping = {
  id: { column: 'id', type: 'bigint' },
  attributes: {
    ...{ owner: { column: 'owner', type: 'text' }, team: { column: 'team', type: 'text' } },
    ...{ state: { column: 'state', type: 'text' }, level: { column: 'level', type: 'bigint' } },
  },
}

/** What somebody would write who has these policies in mind, and how many of owner, teams and level it asks for. */
const BY_HAND: Record<Kind, { text: string; values: number }> = {
  rare: { text: 'owner = $1', values: 1 },
  few: {
    text: `(owner = $1 OR team = ANY ($2) AND state = 'published' AND level <= $3) AND (state <> 'sealed' OR owner = $1)`,
    values: 3,
  },
  many: {
    text: `(owner = $1 OR team = ANY ($2) AND state = 'published' AND level <= $3 OR state = 'public')
      AND (state <> 'sealed' OR owner = $1)`,
    values: 3,
  },
}

interface Document {
  id: string
  owner: string
  team: string
  state: string
  level: string
  created_at: Date
}
const COLUMNS = 'id, owner, team, state, level, created_at'
const ORDER = `ORDER BY created_at DESC LIMIT ${PAGE}`

const person = (n: number) => ({ id: `user${n * 7}`, teams: [`team${n}`, `team${n + 500}`], level: 2 })
type Person = ReturnType<typeof person>

const cluster = await testCluster()
const client = new pg.Client({ ...cluster.superuser, ssl: false })
await client.connect()
try {
  await client.query(DATA)
  const result = { machine: machine(), rows: ROWS, page: PAGE, unit: 'milliseconds a page' }
  const told = { ...result, rare: await compared('rare'), few: await compared('few'), many: await compared('many') }
  writeFileSync(new URL('result-filter.json', import.meta.url), `${JSON.stringify(told, null, 2)}\n`)
  process.stdout.write(`${JSON.stringify(told)}\n`)
} finally {
  await client.end()
  await cluster.release()
}

async function compared(kind: Kind) {
  const set = policySet(kind)
  const ways = {
    filter: (who: Person) => byFilter(set, who),
    by_hand: (who: Person) => byHand(kind, who),
    naive: (who: Person) => naively(set, who),
  }
  const people = Array.from({ length: PEOPLE }, (_, n) => person(n))
  for (const who of people) await requireSame(ways, who)
  const taken: Record<keyof typeof ways, number[]> = { filter: [], by_hand: [], naive: [] }
  const asked: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['filter', 'by_hand', 'naive'] as const)
      taken[name].push(await meanOf(people.slice(0, name === 'naive' ? 3 : PEOPLE), ways[name]))
    asked.push(await meanOf(people, async (who) => sqlFor(set, who)))
  }
  const ratio = (name: 'by_hand' | 'naive') =>
    spread(taken[name].map((one, i) => one / (taken.filter[i] ?? Number.NaN)))
  const first = people[0] as Person
  return {
    milliseconds: Object.fromEntries(Object.entries(taken).map(([name, all]) => [name, spread(all)])),
    of_that_for_the_condition: spread(asked),
    times_filter: { by_hand: ratio('by_hand'), naive: ratio('naive') },
    rows_allowed: await allowedRows(set, first),
    condition: (await sqlFor(set, first)).text,
  }
}

/** Of all these, in milliseconds each. */
async function meanOf(people: readonly Person[], read: (who: Person) => Promise<unknown>): Promise<number> {
  const start = performance.now()
  for (const who of people) await read(who)
  return (performance.now() - start) / people.length
}

async function requireSame(ways: Record<string, (who: Person) => Promise<Document[]>>, who: Person): Promise<void> {
  const pages = new Set<string>()
  for (const way of Object.values(ways)) pages.add((await way(who)).map(({ id }) => id).join())
  if (pages.size > 1) throw new Error(`pages of ${who.id} differ`)
}

function policySet(kind: Kind): PolicySet {
  const texts = [...POLICIES[kind], ...OTHERS]
  return new PolicySet(readPolicies(texts.join('\n')).map(({ id, json }) => compilePolicy(id, json)))
}

function requestOf({ id, teams, level }: Person): PartialRequest {
  const principal = new EntityReference('User', id)
  const attributes = new Map<string, Value>([
    ['id', id],
    ['teams', new CedarSet(teams)],
    ['level', level],
  ])
  const entity = { attributes, tags: new Map(), ancestors: new Set<string>() }
  return {
    ...{ principal, action: new EntityReference('Action', 'read'), context: new Map(), known: [] },
    resource: { type: 'Document', isPlain: true },
    entities: { find: (key) => (key === principal.key ? entity : undefined) },
  }
}

async function sqlFor(set: PolicySet, who: Person) {
  const condition = sqlOf((await residualOf(set, requestOf(who))).filter, MAPPING)
  if (!condition.isExact) throw new Error('the condition is not exact')
  return condition
}

async function byFilter(set: PolicySet, who: Person): Promise<Document[]> {
  const { text, values } = await sqlFor(set, who)
  return (await client.query<Document>(`SELECT ${COLUMNS} FROM documents WHERE ${text} ${ORDER}`, [...values])).rows
}

async function byHand(kind: Kind, { id, teams, level }: Person): Promise<Document[]> {
  const { text, values } = BY_HAND[kind]
  const given = [id, teams, level].slice(0, values)
  return (await client.query<Document>(`SELECT ${COLUMNS} FROM documents WHERE ${text} ${ORDER}`, given)).rows
}

async function naively(set: PolicySet, who: Person): Promise<Document[]> {
  const { principal, action, context, entities } = requestOf(who)
  const page: Document[] = []
  for (let before = 'infinity' as Date | string; page.length < PAGE; ) {
    const text = `SELECT ${COLUMNS} FROM documents WHERE created_at < $1 ORDER BY created_at DESC LIMIT ${BATCH}`
    const { rows } = await client.query<Document>(text, [before])
    for (const row of rows) {
      const resource = new EntityReference('Document', row.id)
      const attributes = new Map<string, Value>([
        ['owner', row.owner],
        ['team', row.team],
        ['state', row.state],
        ['level', Number(row.level)],
      ])
      const entity = { attributes, tags: new Map(), ancestors: new Set<string>() }
      const find = (key: string) => (key === resource.key ? entity : entities.find(key))
      if (set.isAuthorized({ principal, action, context, resource, entities: { find } }).decision === 'allow')
        page.push(row)
    }
    const last = rows.at(-1)
    if (!last) break
    before = last.created_at
  }
  return page.slice(0, PAGE)
}

async function allowedRows(set: PolicySet, who: Person): Promise<number> {
  const { text, values } = await sqlFor(set, who)
  const { rows } = await client.query(`SELECT count(*)::integer AS count FROM documents WHERE ${text}`, [...values])
  return rows[0].count
}
