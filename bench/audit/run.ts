// The audit log against what a user would have otherwise: raw COPY into one table, and the seed's own table. One run,
// one input, one PostgreSQL with its production settings; the contestants take turns in every round.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { machine, spread } from '../support.ts'
import { RawCopy } from './copy.ts'
import { prepareGround } from './ground.ts'
import { measureGrowth, measureTenants } from './growth.ts'
import { Events, readTemplates, writeInput } from './input.ts'
import { Probity } from './probity.ts'
import { bytesPerEntry, offlineVerification, serverVerification } from './reading.ts'
import { SeedTable } from './seed-table.ts'

const QUICK = process.argv.includes('--quick')
const ROUNDS = QUICK ? 3 : 5
const EVENTS = QUICK ? 30_000 : 200_000
const SEED_EVENTS = QUICK ? 3_000 : 10_000
const WRITING = QUICK ? 1_500 : 5_000 // milliseconds
const BATCH_SIZES = [100, 1_000, 5_000]
const SEARCHED_AT = 5_000_000
const GROWTH = QUICK ? [10_000, 100_000] : [10_000, 1_000_000, SEARCHED_AT, 20_000_000]
const TENANTS = QUICK ? [1, 100] : [1, 100, 1_000]

const COPY = 'raw COPY (events/s)'
const PLAIN = 'Probity, NDJSON plain (events/s)'
const SEALED = 'Probity, NDJSON, two sealed fields (events/s)'
const SINGLES = 'Probity, 64 writers of single events (events/s)'
const ACK = 'Probity, 64 writers of single events: p99 (ms)'
const HUNDREDS = 'Probity, 64 writers of batches of 100 (events/s)'
const SEED_WRITERS = [8, 64]

const SEALED_EVENTS = EVENTS / 2
const say = (line: string) => process.stderr.write(`${line}\n`)
const ground = await prepareGround()
const probity = new Probity(ground)
try {
  const result = await measure()
  await writeFile(join(import.meta.dirname, 'result.json'), `${JSON.stringify(result, null, 2)}\n`)
  console.log(JSON.stringify(result))
} finally {
  probity.stop()
  await ground.stop()
}

async function measure() {
  const templates = await readTemplates()
  const file = (name: string) => join(ground.data, name)
  const plain = await writeInput(file('plain.ndjson'), new Events(templates, 1, false), EVENTS)
  const sealed = await writeInput(file('sealed.ndjson'), new Events(templates, 2, true), SEALED_EVENTS)
  say(`input: ${EVENTS} events of ${Math.round(plain.bytes / EVENTS)} bytes, sha256 ${plain.sha256}`)
  const rows = await rounds(plain, sealed, new Events(templates, 3, false))
  const table = Object.fromEntries([...rows].map(([name, values]) => [name, rounded(spread(values))]))
  console.table(table)
  const median = (name: string) => spread(rows.get(name) ?? []).median
  const best = Math.max(...BATCH_SIZES.map((size) => median(`seed, batches of ${size} (events/s)`)))
  const bestWriters = Math.max(...SEED_WRITERS.map((count) => median(`seed, ${count} writers (events/s)`)))
  const reading = await readings(templates)
  return {
    machine: machine(),
    settings: await ground.settings(),
    quick: QUICK,
    input: { events: EVENTS, bytes_per_event: plain.bytes / EVENTS, sha256: plain.sha256 },
    ratios: {
      plain_vs_copy: median(PLAIN) / median(COPY),
      sealed_vs_copy: median(SEALED) / median(COPY),
      vs_seed: median(PLAIN) / best,
      vs_seed_concurrent: median(SINGLES) / bestWriters,
    },
    events_per_second: median(PLAIN),
    ack_p99_ms: median(ACK),
    seed_broken_links: median(`seed, 64 writers: broken links (%)`),
    ...reading,
    memory_mb: await ground.peakMemory(),
    figures: table,
  }
}

type Input = Awaited<ReturnType<typeof writeInput>>

async function rounds(plain: Input, sealed: Input, events: Events): Promise<Map<string, number[]>> {
  const copy = new RawCopy(await ground.emptyDatabase('raw'))
  const seed = new SeedTable(await ground.emptyDatabase('seed'))
  const rows = new Map<string, number[]>()
  const note = (name: string, value: number) => {
    rows.set(name, [...(rows.get(name) ?? []), value])
    say(`  ${name}: ${value.toFixed(1)}`)
  }
  await warmUp(plain, sealed, events)
  for (let round = 1; round <= ROUNDS; round++) {
    say(`round ${round} of ${ROUNDS}`)
    note(COPY, await copy.load(plain))
    note(PLAIN, await probity.ingest(plain))
    for (const size of BATCH_SIZES)
      note(`seed, batches of ${size} (events/s)`, await seed.batches(plain.path, SEED_EVENTS, size))
    note(SEALED, await probity.ingest(sealed))
    const singles = await probity.writers(64, WRITING, () => ({ text: events.next(), events: 1 }))
    note(SINGLES, singles.perSecond)
    note(ACK, singles.p99)
    for (const count of SEED_WRITERS) {
      const written = await seed.writers(plain.path, count, WRITING)
      note(`seed, ${count} writers (events/s)`, written.perSecond)
      note(`seed, ${count} writers: p99 (ms)`, written.p99)
      note(`seed, ${count} writers: broken links (%)`, (100 * written.broken) / written.rows)
    }
    const hundred = () => ({ text: `[${Array.from({ length: 100 }, () => events.next()).join()}]`, events: 100 })
    note(HUNDREDS, (await probity.writers(64, WRITING, hundred)).perSecond)
  }
  return rows
}

// What runs for the first time is compiled, and people who are met for the first time get their keys.
async function warmUp(plain: Input, sealed: Input, events: Events): Promise<void> {
  for (const input of [plain, sealed]) await probity.ingest(input)
  await probity.writers(64, WRITING / 2, () => ({ text: events.next(), events: 1 }))
}

async function readings(templates: Awaited<ReturnType<typeof readTemplates>>) {
  say('reading')
  const sealed_verify_per_second = await serverVerification(ground)
  const offline_verify_per_second = await offlineVerification(ground)
  say('growth')
  const { measured: size, log } = await measureGrowth(ground, probity, templates, GROWTH, WRITING, say)
  const bytes_per_entry = await bytesPerEntry(ground)
  const verify_per_second = await serverVerification(ground, log)
  const tenants = await measureTenants(ground, probity, templates, TENANTS, WRITING)
  return {
    bytes_per_entry,
    verify_per_second,
    sealed_verify_per_second,
    offline_verify_per_second,
    receipt_ms_p99: size.at(-1)?.receipt_ms_p99,
    search_ms_p99: size.find(({ entries }) => entries >= SEARCHED_AT)?.search_ms_p99 ?? size.at(-1)?.search_ms_p99,
    growth: { entries: size, tenants },
  }
}

function rounded(values: ReturnType<typeof spread>) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Math.round(value * 10) / 10]))
}
