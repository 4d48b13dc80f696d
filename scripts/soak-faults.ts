// The long form of the fault tests: 100 kills (or as many as the first argument says), figures on stdout.
import { storm } from '../apps/server/test/faults/storm.ts'

const runs = Number(process.argv[2] ?? 100)
const report = await storm(runs, (run, what) =>
  process.stderr.write(`${run + 1} of ${runs}: ${what} killed, nothing lost or doubled\n`),
)
process.stdout.write(`${JSON.stringify(report)}\n`)
