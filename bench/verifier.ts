import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, cpuUsage } from 'node:process'
import { decodeBundlePayload, endsOfEntries, FRAME, type Leaf, LeafCheck, parseStrict } from '@probity/core'
import { nodeCrypto, verifyExportFile } from '@probity/verifier/node'
import { marksOfBytes, rootOfSubtree } from '../packages/verifier/src/bulk.ts'
import { checkBundle } from '../packages/verifier/src/bundle.ts'
import { type Frame, rangeFrames, seal } from '../packages/verifier/test/exports.ts'
import { TestLog } from '../packages/verifier/test/log.ts'
import { Events, readTemplates } from './audit/input.ts'
import { machine, spread } from './support.ts'

// The offline verifier on an export of events of about 1 kB: bench/verifier.ts [ENTRIES] [RUNS]
const [entries = 400_000, runs = 7] = argv.slice(2).map(Number)

const path = join(tmpdir(), `probity-verifier-${process.pid}`)
const { key, tenantId, bytes, bundles } = await writeExport()
const perSecond: number[] = []
const microseconds: number[] = []
try {
  for (let run = 0; run < runs; run++) {
    const before = cpuUsage()
    const start = performance.now()
    const result = await verifyExportFile(path, [key])
    if (!result.verified) throw new Error(result.message)
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
  stages_us_each: stages(bundles),
}
console.table({ 'entries/s': figures.per_second, 'CPU µs an entry': figures.cpu_us_each })
console.table(figures.stages_us_each)
console.log(JSON.stringify({ ...figures, machine: machine() }))

/** The log is no longer in memory afterwards: collecting garbage around it would be measured. */
async function writeExport() {
  const log = new TestLog()
  const events = new Events(await readTemplates(), 1, false)
  while (log.entries.length < entries) {
    const { event_data } = parseStrict(events.next()) as { event_data: Leaf['data'] }
    log.append({ data: event_data, sealed: [] })
  }
  const frames = rangeFrames(log, { parts: false })
  await writeFile(path, seal(frames))
  return {
    key: log.key,
    tenantId: log.tenantId,
    bytes: log.entries.reduce((sum, { length }) => sum + length, 0),
    bundles: frames.filter(({ kind }) => kind === FRAME.bundle).slice(0, 100),
  }
}

/** What an entry costs in one thread, by what is done with it: the best of 20 runs. */
function stages(bundles: Frame[]): Record<string, number> {
  const opened = bundles.map(({ payload }) => {
    const { bundle, count } = decodeBundlePayload(payload)
    const bytes = nodeCrypto.unzstd(bundle, 2 ** 25)
    return {
      payload,
      bundle,
      count,
      bytes,
      marks: Uint32Array.from(marksOfBytes(bytes)),
      ends: endsOfEntries(bytes, count),
    }
  })
  type Opened = (typeof opened)[0]
  const hashes = new Uint8Array(8192)
  const check = new LeafCheck(tenantId)
  const eachEntry = ({ ends }: Opened, work: (start: number, end: number, i: number) => unknown) => {
    for (let i = 0, start = 2; i < ends.length; start = (ends[i++] ?? 0) + 2) work(start, ends[i] ?? 0, i)
  }
  const costOf = (work: (bundle: Opened) => unknown) => {
    const measured = Array.from({ length: 20 }, () => {
      const before = cpuUsage()
      opened.forEach(work)
      return cpuUsage(before).user
    })
    return Math.min(...measured) / opened.reduce((sum, { count }) => sum + count, 0)
  }
  const job = { tenantId, boundary: -1, task: 'check' } as const
  return {
    unpack: costOf(({ bundle }) => nodeCrypto.unzstd(bundle, 2 ** 25)),
    mark: costOf(({ bytes }) => marksOfBytes(bytes)),
    check: costOf((of) => {
      check.open(of.bytes, of.marks)
      eachEntry(of, (start, end, i) => check.accepts(start, end, hashes, i * 16))
    }),
    'hash leaves': costOf((of) =>
      eachEntry(of, (start, end, i) => nodeCrypto.sha256Into(of.bytes.subarray(start - 1, end), hashes, i * 32)),
    ),
    'hash nodes': costOf(() => rootOfSubtree(nodeCrypto.sha256, hashes)),
    'all of a bundle': costOf(({ payload }) => checkBundle(nodeCrypto, { ...job, parts: [], payload })),
    'digest of the file': costOf(({ payload }) => nodeCrypto.sha256(payload)),
  }
}
