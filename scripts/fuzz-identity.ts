// Garbage into every parser of what comes from outside in the domain identity: 1,000,000 cases, or as many as the first
// argument says, by the seed that the second says. The last line is `N cases, N parsers, N faults`; exit 1 on a fault.
import { fuzz } from '../apps/server/test/support/fuzz.ts'
import { parsersOfIdentity } from '../apps/server/test/support/parsers.ts'

const [cases = 1_000_000, seed = 1] = process.argv.slice(2).map(Number)
if (!Number.isInteger(cases) || cases < 1000 || !Number.isInteger(seed)) {
  process.stderr.write('how many cases (1000 or more), and a seed: whole numbers\n')
  process.exit(2)
}
let [faults, done] = [0, 0]
const unhandled = (error: unknown) => {
  faults++
  process.stdout.write(`nobody waited for this: ${error instanceof Error ? error.stack : error}\n`)
}
process.on('unhandledRejection', unhandled).on('uncaughtException', unhandled)
const { parsers, stop } = await parsersOfIdentity()
for (const parser of parsers) {
  const result = await fuzz(parser, Math.round((cases * parser.share) / 1000), seed)
  if ('why' in result) {
    faults++
    process.stdout.write(`${result.name}: FAULT by ${result.inputBase64}\n${result.why}\n`)
    continue
  }
  done += result.cases
  const { accepted, slowestMilliseconds } = result
  const refused = result.cases - accepted
  process.stdout.write(
    `${result.name}: ${result.cases} cases, ${accepted} taken, ${refused} refused, slowest ${slowestMilliseconds.toFixed(1)} ms\n`,
  )
}
stop()
process.stdout.write(`${done} cases, ${parsers.length} parsers, ${faults} faults\n`)
process.exit(faults > 0 ? 1 : 0)
