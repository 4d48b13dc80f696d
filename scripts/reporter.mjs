// node:test reporter: a line for each file, each failure with its reason, and a tally for scripts/test.mjs.
export default async function* report(source) {
  const tally = { passed: 0, failed: 0, skipped: 0 }
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
    if (type === 'test:stderr' && process.env.TEST_LOG) yield data.message
  }
  yield `#tally ${JSON.stringify(tally)}\n`
}

// A suite is not a test; a file counts as one only when it failed before any test of its own.
function isTest(data) {
  return (
    data.details?.type !== 'suite' &&
    !(data.nesting === 0 && data.name === data.file && data.details?.error?.failureType === 'subtestsFailed')
  )
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
