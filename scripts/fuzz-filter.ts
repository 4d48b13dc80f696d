// Generated policies as conditions of SQL on a table of generated resources, beside the engine that is asked for each of them:
// 20,000 policies, or as many as the first argument says, from the seed that the second says. The last line is
// `N policies, N exact, N pairs of policy and resource, N disagreements`; exit 1 on one.
import fc from 'fast-check'
import pg from 'pg'
import { filterCases } from '../apps/server/test/access/filter-generated.ts'
import { filterTable } from '../apps/server/test/access/filter-table.ts'
import { testCluster } from '../apps/server/test/support/cluster.ts'

/** Policies until the table is filled anew. */
const POLICIES_A_TABLE = 2_000
const RESOURCES = 200

const [policies = 20_000, seed = 1] = process.argv.slice(2).map(Number)
if (!Number.isInteger(policies) || policies < 1 || !Number.isInteger(seed)) {
  process.stderr.write('how many policies, and a seed: whole numbers\n')
  process.exit(2)
}
const cluster = await testCluster()
const client = new pg.Client({ ...cluster.superuser, ssl: false })
await client.connect()
const tally = { policies: 0, exact: 0, pairs: 0, disagreements: 0 }
try {
  while (tally.policies < policies && tally.disagreements < 10) await runTable()
} finally {
  await client.end()
  await cluster.release()
}
process.stdout.write(
  `${tally.policies} policies, ${tally.exact} exact, ${tally.pairs} pairs of policy and resource, ${tally.disagreements} disagreements\n`,
)
process.exitCode = tally.disagreements > 0 ? 1 : 0

async function runTable(): Promise<void> {
  const own = seed + tally.policies
  await client.query('DROP TABLE IF EXISTS things')
  const { things, check } = await filterTable(client, { count: RESOURCES, seed: own })
  const outcome = await fc.check(
    fc.asyncProperty(filterCases, async (given) => {
      tally.policies++
      for (const { isExact } of await check(given)) {
        tally.pairs += things.length
        if (isExact) tally.exact++
      }
    }),
    { numRuns: Math.min(POLICIES_A_TABLE, policies - tally.policies), seed: own },
  )
  if (!outcome.failed) return
  tally.disagreements++
  process.stdout.write(`${JSON.stringify(outcome.counterexample)}\n${outcome.errorInstance}\n`)
}
