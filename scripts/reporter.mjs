import { relative } from 'node:path'

// node:test reporter: each failure with its reason, the files that take longest, and a tally for scripts/test.mjs.
const SLOWEST_SHOWN = 12

export default async function* report(source) {
  const tally = { passed: 0, failed: 0, skipped: 0 }
  const files = []
  for await (const { type, data } of source) {
    if (type === 'test:pass' && isTest(data)) {
      if (data.skip !== undefined) {
        tally.skipped++
        yield `skip ${data.name}: ${data.skip === true ? '' : data.skip}\n`
      } else tally.passed++
    }
    if (type === 'test:fail' && isTest(data)) {
      tally.failed++
      yield `FAIL ${data.file ?? ''}: ${data.name}\n${reasonOf(data.details?.error)}\n`
    }
    if (type === 'test:summary' && data.file !== undefined) files.push(data)
    if (type === 'test:stderr' && process.env.TEST_LOG) yield data.message
  }
  for (const { file, duration_ms } of slowestOf(files))
    yield `${(duration_ms / 1000).toFixed(1).padStart(6)} s  ${relative(process.cwd(), file)}\n`
  yield `#tally ${JSON.stringify(tally)}\n`
}

// A suite is not a test; a file counts as one only when it failed before any test of its own.
function isTest(data) {
  return (
    data.details?.type !== 'suite' &&
    !(data.nesting === 0 && data.name === data.file && data.details?.error?.failureType === 'subtestsFailed')
  )
}

/** The suite has a limit of time; who adds to it sees where it goes. */
function slowestOf(files) {
  return files.toSorted((a, b) => b.duration_ms - a.duration_ms).slice(0, SLOWEST_SHOWN)
}

/** The error with what caused it, which is where a property says what did not hold. */
function reasonOf(error) {
  const errors = [error?.cause ?? error ?? 'no reason given']
  while (errors.at(-1).cause && errors.length < 4) errors.push(errors.at(-1).cause)
  return errors
    .flatMap(excerptOf)
    .map((line) => `     ${line}`)
    .join('\n')
}

function excerptOf(error) {
  return String(error.stack ?? error.message ?? error)
    .split('\n')
    .slice(0, 25)
    .map((line) => (line.length > 2000 ? `${line.slice(0, 2000)} …` : line))
}
