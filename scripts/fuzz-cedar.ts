// Generated policies, entities and requests into our engine and into Cedar's own: 1,000,000 cases, or as many as the first
// argument says, from the seed that the second says. One in ten is made for a schema that is generated too; with `--schemas`
// each is. The last line is `N cases, N answered, N fit a schema, N disagreements`; exit 1 on one.
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import fc from 'fast-check'
import { answers, typedAnswers } from '../apps/server/test/access/against-cedar.ts'
import { generated } from '../apps/server/test/access/generated.ts'
import { typedCase } from '../apps/server/test/access/generated-typed-case.ts'

interface Tally {
  cases: number
  answered: number
  fitting: number
  disagreements: string[]
}

interface Part {
  cases: number
  seed: number
  /** One in so many cases has a schema. */
  schemaInSoMany: number
}

if (isMainThread) await main()
else parentPort?.postMessage(run(workerData))

async function main(): Promise<void> {
  const words = process.argv.slice(2)
  const schemaInSoMany = words.includes('--schemas') ? 1 : 10
  const [cases = 1_000_000, seed = 1] = words.filter((word) => word !== '--schemas').map(Number)
  if (!Number.isInteger(cases) || cases < 1 || !Number.isInteger(seed)) {
    process.stderr.write('how many cases, and a seed: whole numbers\n')
    process.exit(2)
  }
  const workers = availableParallelism()
  const each = { cases: Math.ceil(cases / workers), schemaInSoMany }
  const tallies = await Promise.all(
    Array.from({ length: workers }, (_, i) => inThread({ ...each, seed: seed + i * 1_000_003 })),
  )
  for (const told of tallies.flatMap(({ disagreements }) => disagreements)) process.stdout.write(`${told}\n`)
  const total = (count: (tally: Tally) => number) => tallies.reduce((sum, tally) => sum + count(tally), 0)
  const disagreements = total((tally) => tally.disagreements.length)
  const tally = `${total((one) => one.cases)} cases, ${total((one) => one.answered)} answered`
  process.stdout.write(`${tally}, ${total((one) => one.fitting)} fit a schema, ${disagreements} disagreements\n`)
  process.exitCode = disagreements > 0 ? 1 : 0
}

function inThread(part: Part): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: part })
    worker.once('message', resolve).once('error', reject)
  })
}

/** In runs of some thousand: what is generated grows with the number of a run. */
function run({ cases, seed, schemaInSoMany }: Part): Tally {
  const tally: Tally = { cases: 0, answered: 0, fitting: 0, disagreements: [] }
  while (tally.cases < cases && tally.disagreements.length < 10) {
    const begun = tally.cases
    const count = Math.min(2000, cases - begun)
    const withSchema = Math.ceil(count / schemaInSoMany)
    const parameters = { seed: seed + begun }
    // To make a case with a schema smaller takes longer than to read it.
    check(ofSchemas(tally), { ...parameters, numRuns: withSchema, endOnFailure: true }, tally)
    if (withSchema < count) check(ofAny(tally), { ...parameters, numRuns: count - withSchema }, tally)
  }
  return tally
}

function ofAny(tally: Tally) {
  return fc.property(generated, (given) => {
    tally.cases++
    const both = answers(given)
    if (both !== null) tally.answered++
    return both === null || both.ours === both.cedars
  })
}

function ofSchemas(tally: Tally) {
  return fc.property(typedCase, (given) => {
    tally.cases++
    const both = typedAnswers(given)
    if (both === null) return true
    tally.answered++
    if (both.isFitting) tally.fitting++
    return both.ours === both.cedars && both.excluded.length === 0
  })
}

function check<T>(property: fc.IProperty<T>, parameters: fc.Parameters<T>, { disagreements }: Tally): void {
  const outcome = fc.check(property, parameters)
  if (outcome.failed) disagreements.push(JSON.stringify([outcome.counterexample, String(outcome.errorInstance)]))
}
