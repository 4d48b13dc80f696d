// Generated policies, entities and requests into our engine and into Cedar's own: 1,000,000 cases, or as many as the first
// argument says, from the seed that the second says. The last line is `N cases, N answered, N disagreements`; exit 1 on one.
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import fc from 'fast-check'
import { answers } from '../apps/server/test/access/against-cedar.ts'
import { generated } from '../apps/server/test/access/generated.ts'

interface Tally {
  cases: number
  answered: number
  disagreements: string[]
}

if (isMainThread) await main()
else parentPort?.postMessage(run(workerData.cases, workerData.seed))

async function main(): Promise<void> {
  const [cases = 1_000_000, seed = 1] = process.argv.slice(2).map(Number)
  if (!Number.isInteger(cases) || cases < 1 || !Number.isInteger(seed)) {
    process.stderr.write('how many cases, and a seed: whole numbers\n')
    process.exit(2)
  }
  const workers = availableParallelism()
  const each = Math.ceil(cases / workers)
  const tallies = await Promise.all(Array.from({ length: workers }, (_, i) => inThread(each, seed + i * 1_000_003)))
  for (const told of tallies.flatMap(({ disagreements }) => disagreements)) process.stdout.write(`${told}\n`)
  const total = (count: (tally: Tally) => number) => tallies.reduce((sum, tally) => sum + count(tally), 0)
  const disagreements = total((tally) => tally.disagreements.length)
  const tally = `${total((one) => one.cases)} cases, ${total((one) => one.answered)} answered, ${disagreements} disagreements`
  process.stdout.write(`${tally}\n`)
  process.exitCode = disagreements > 0 ? 1 : 0
}

function inThread(cases: number, seed: number): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { cases, seed } })
    worker.once('message', resolve).once('error', reject)
  })
}

/** In runs of some thousand: what is generated grows with the number of a run. */
function run(cases: number, seed: number): Tally {
  const tally: Tally = { cases: 0, answered: 0, disagreements: [] }
  while (tally.cases < cases && tally.disagreements.length < 10) {
    const outcome = fc.check(
      fc.property(generated, (given) => {
        tally.cases++
        const both = answers(given)
        if (both !== null) tally.answered++
        return both === null || both.ours === both.cedars
      }),
      { numRuns: Math.min(2000, cases - tally.cases), seed: seed + tally.cases },
    )
    if (outcome.failed)
      tally.disagreements.push(JSON.stringify([outcome.counterexample, String(outcome.errorInstance)]))
  }
  return tally
}
