import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, cpuUsage } from 'node:process'
import { canonicalize, type Leaf, parseStrict } from '@probity/core'
import { verifyExportFile } from '@probity/verifier/node'
import { rangeFrames, seal } from '../packages/verifier/test/exports.ts'
import { TestLog } from '../packages/verifier/test/log.ts'
import { Events, readTemplates } from './audit/input.ts'
import { machine, spread } from './support.ts'

// The offline verifier on an export of so many entries of about 1 kB: bench/verifier.ts [ENTRIES] [RUNS]
const [entries = 200_000, runs = 7] = argv.slice(2).map(Number)

const log = new TestLog()
const events = new Events(await readTemplates(), 1, false)
let bytes = 0
for (let i = 0; i < entries; i++) {
  log.append({ data: (parseStrict(events.next()) as { event_data: Leaf['data'] }).event_data, sealed: [] })
  bytes += log.entries[i]?.length ?? 0
}
const path = join(tmpdir(), `probity-verifier-${process.pid}`)
await writeFile(path, seal(rangeFrames(log, { parts: false })))

const perSecond: number[] = []
const microseconds: number[] = []
try {
  for (let run = 0; run < runs; run++) {
    const before = cpuUsage()
    const start = performance.now()
    const result = await verifyExportFile(path, [log.key])
    if (!result.verified) throw new Error(canonicalize({ ...result }))
    perSecond.push(entries / ((performance.now() - start) / 1000))
    const { user, system } = cpuUsage(before)
    microseconds.push((user + system) / entries)
  }
} finally {
  await rm(path)
}

const figures = {
  entries,
  bytes_each: Math.round(bytes / entries),
  per_second: spread(perSecond),
  cpu_us_each: spread(microseconds),
}
console.table({ 'entries/s': figures.per_second, 'CPU µs an entry': figures.cpu_us_each })
console.log(JSON.stringify({ ...figures, machine: machine() }))
