// The long form of the fault tests: 100 kills, or as many as the first argument says. The last line of stdout is one
// JSON object; exit 0 when nothing was lost or doubled, 1 when something was or a run could not be finished, 2 for
// wrong usage.
import { storm } from '../apps/server/test/faults/storm.ts'

const asked = process.argv[2] ?? '100'
const runs = Number(asked)
if (!Number.isInteger(runs) || runs < 1) {
  process.stderr.write(`${asked} is not a number of kills\n`)
  process.exit(2)
}
let done = 0
const answer = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`)
try {
  const report = await storm(runs, (run, what) => {
    done = run + 1
    process.stderr.write(`${done} of ${runs}: ${what} killed, nothing lost or doubled\n`)
  })
  answer({ ok: true, ...report, lost: 0, doubled: 0 })
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`run ${done + 1} of ${runs}: ${message}\n`)
  answer({ ok: false, runs: done, message })
  process.exitCode = 1
}
