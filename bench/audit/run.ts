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
import { FULL, QUICK, SEARCHED_AT } from './scale.ts'
import { SeedTable } from './seed-table.ts'

const isQuick = process.argv.includes('--quick')
const scale = isQuick ? QUICK : FULL
const BATCH_SIZES = [100, 1_000, 5_000]

const COPY = 'raw COPY (events/s)'
const PLAIN = 'Probity, NDJSON plain (events/s)'
const SEALED = 'Probity, NDJSON, two sealed fields (events/s)'
const SINGLES = 'Probity, 64 writers of single events (events/s)'
const ACK = 'Probity, 64 writers of single events: p99 (ms)'
const HUNDREDS = 'Probity, 64 writers of batches of 100 (events/s)'
const SEED_WRITERS = [8, 64]

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
  const plain = await writeInput(file('plain.ndjson'), new Events(templates, 1, false), scale.events)
  const sealed = await writeInput(file('sealed.ndjson'), new Events(templates, 2, true), scale.sealedEvents)
  say(`input: ${plain.events} events of ${Math.round(plain.bytes / plain.events)} bytes, sha256 ${plain.sha256}`)
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
    quick: isQuick,
    input: { events: plain.events, bytes_per_event: plain.bytes / plain.events, sha256: plain.sha256 },
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
  for (let round = 1; round <= scale.rounds; round++) {
    say(`round ${round} of ${scale.rounds}`)
    note(COPY, await copy.load(plain))
    note(PLAIN, await probity.ingest(plain))
    for (const size of BATCH_SIZES)
      note(`seed, batches of ${size} (events/s)`, await seed.batches(plain.path, scale.seedEvents, size))
    note(SEALED, await probity.ingest(sealed))
    const singles = await probity.writers(64, scale.writing, () => ({ text: events.next(), events: 1 }))
    note(SINGLES, singles.perSecond)
    note(ACK, singles.p99)
    for (const count of SEED_WRITERS) {
      const written = await seed.writers(plain.path, count, scale.writing)
      note(`seed, ${count} writers (events/s)`, written.perSecond)
      note(`seed, ${count} writers: p99 (ms)`, written.p99)
      note(`seed, ${count} writers: broken links (%)`, (100 * written.broken) / written.rows)
    }
    const hundred = () => ({ text: `[${Array.from({ length: 100 }, () => events.next()).join()}]`, events: 100 })
    note(HUNDREDS, (await probity.writers(64, scale.writing, hundred)).perSecond)
  }
  return rows
}

// What runs for the first time is compiled, and people who are met for the first time get their keys.
async function warmUp(plain: Input, sealed: Input, events: Events): Promise<void> {
  for (const input of [plain, sealed]) await probity.ingest(input)
  await probity.writers(64, scale.writing / 2, () => ({ text: events.next(), events: 1 }))
}

async function readings(templates: Awaited<ReturnType<typeof readTemplates>>) {
  say('reading')
  const sealed_verify_per_second = await serverVerification(ground, scale.verified)
  const offline_verify_per_second = await offlineVerification(ground)
  say('growth')
  const { measured: size, log } = await measureGrowth(ground, probity, templates, scale, say)
  const bytes_per_entry = await bytesPerEntry(ground)
  const verify_per_second = await serverVerification(ground, scale.verified, log)
  const tenants = await measureTenants(ground, probity, templates, scale)
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
