// Where the time of an event in bulk goes: each stage by itself on this thread, over the same events, and beside it the
// time of each thread while a server takes them over HTTP.
import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { leafHash } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { packBody } from '../../apps/server/src/domains/audit/bundle-body.ts'
import { Intake } from '../../apps/server/src/domains/audit/intake/intake.ts'
import { packBatch } from '../../apps/server/src/domains/audit/intake/packing.ts'
import type { Prepared } from '../../apps/server/src/domains/audit/intake/prepared.ts'
import { eventsOf, isRefused, readSource } from '../../apps/server/src/domains/audit/intake/source.ts'
import { hashesOf, LeafRun, summarise } from '../../apps/server/src/domains/audit/leaf-run.ts'
import { BUNDLE, PART_FIELD } from '../../apps/server/src/domains/audit/rules.ts'
import { TreeEdge } from '../../apps/server/src/domains/audit/tree.ts'
import { CONTENT_FIELD, type DataKey, packKeys, unpackKeys } from '../../apps/server/src/domains/keys/index.ts'
import { byteaArray } from '../../apps/server/src/platform/database/bytea-array.ts'
import { spread } from '../support.ts'
import { prepareGround } from './ground.ts'
import { Events, readTemplates, writeInput } from './input.ts'
import { Probity } from './probity.ts'
import { cpuOf } from './threads-time.ts'

const EVENTS = 20_480
const ROUNDS = 7
const KINDS = ['plain', 'sealed'] as const

const people = new Map<string, DataKey>()
const ground = await prepareGround()
const probity = new Probity(ground)
try {
  const templates = await readTemplates()
  for (const kind of KINDS) {
    const events = new Events(templates, 1, kind === 'sealed')
    const input = await writeInput(join(ground.data, `${kind}.ndjson`), events, EVENTS)
    console.log(`\n${kind}: ${EVENTS} events of ${Math.round(input.bytes / EVENTS)} bytes`)
    const bytes = await readFile(input.path)
    const rounds: Stages[] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push(await stages(chunksOf(bytes)))
    console.table(table(rounds.slice(2))) // what runs for the first time is compiled
    await probity.ingest(input)
    const before = await cpuOf(ground.pid)
    const perSecond = await probity.ingest(input)
    const after = await cpuOf(ground.pid)
    console.log(`over HTTP: ${perSecond.toFixed(0)} events/s; time of one core, µs an event:`)
    console.table(
      Object.fromEntries([...after].map(([name, time]) => [name, round1((time - (before.get(name) ?? 0)) / EVENTS)])),
    )
  }
} finally {
  probity.stop()
  await ground.stop()
}

/** By stage: microseconds, and bytes that it wrote anew. */
type Stages = Map<string, { time: number; bytes: number }>

async function stages(chunks: Uint8Array[]): Promise<Stages> {
  const measured: Stages = new Map()
  let started = performance.now()
  const done = (stage: string, bytes: number) => {
    const now = performance.now()
    const known = measured.get(stage) ?? { time: 0, bytes: 0 }
    measured.set(stage, { time: known.time + 1000 * (now - started), bytes: known.bytes + bytes })
    started = performance.now()
  }
  const tenantId = randomUUID()
  let received = Date.now() * 1000
  const edge = TreeEdge.restore(0, [], [])
  const runs: LeafRun[] = []
  for (const chunk of chunks) {
    started = performance.now()
    const read = readSource({ format: 'probity', kind: 'lines', bytes: chunk })
    const intake = new Intake(eventsOf(read))
    done('read and canonicalise', chunk.length)
    const keys = unpackKeys(packKeys(intake.identities.map(keyOf), [PART_FIELD, CONTENT_FIELD]))
    done('keys to the thread', 96 * keys.length)
    const made = intake.seal({ tenantId, received: () => received++, keys, own: keyOf({ id: tenantId }) })
    const ready = made.filter((one): one is Prepared => one !== null && !isRefused(one))
    done(
      'seal, write and hash leaves',
      ready.reduce((sum, { leaf }) => sum + leaf.bytes.length, 0),
    )
    const { packed } = packBatch(tenantId, ready, true)
    done('pack for the other thread', packed.leaves.bundle.length + packed.envelopes.length)
    const run = new LeafRun(packed.leaves)
    for (let i = 0; i < run.count; i++) edge.append(run.hashAt(i))
    done('tree', 32 * run.count)
    runs.push(run)
  }
  await bundles(runs, done)
  for (const run of runs) for (let i = 0; i < run.count; i++) leafHash(nodeCrypto.sha256, run.leafAt(i).bytes)
  done('(of that, hashing leaves)', 0)
  return measured
}

async function bundles(runs: LeafRun[], done: (stage: string, bytes: number) => void): Promise<void> {
  let open: LeafRun[] = []
  let count = 0
  for (const run of runs) {
    for (let at = 0; at < run.count; ) {
      const some = run.slice(at, Math.min(run.count, at + BUNDLE - count))
      open.push(some)
      count += some.count
      at += some.count
      if (count < BUNDLE) continue
      const { terms } = summarise(open)
      done('summary for searches', terms.length)
      const body = await packBody(
        open.map((one) => one.bundle),
        BUNDLE,
      )
      done('compress bundles', body.length)
      done('SQL parameters', byteaArray([body, hashesOf(open), terms]).length)
      open = []
      count = 0
    }
  }
}

function keyOf({ id }: { id: string }): DataKey {
  const known = people.get(id)
  if (known) return known
  const made = { id: randomUUID(), subject: randomUUID(), epoch: 1, key: randomBytes(32), fields: new Map() }
  people.set(id, made)
  return made
}

function chunksOf(bytes: Buffer): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, Math.min(start + 131_072, bytes.length))
    const end = found === -1 ? bytes.length : found + 1
    chunks.push(new Uint8Array(bytes.subarray(start, end)))
    start = end
  }
  return chunks
}

function table(rounds: readonly Stages[]) {
  const names = [...(rounds[0]?.keys() ?? [])]
  return Object.fromEntries(
    names.map((name) => {
      const { median, least, most } = spread(rounds.map((stage) => (stage.get(name)?.time ?? 0) / EVENTS))
      const bytes = Math.round((rounds[0]?.get(name)?.bytes ?? 0) / EVENTS)
      return [name, { 'µs an event': round1(median), least: round1(least), most: round1(most), 'bytes written': bytes }]
    }),
  )
}

function round1(value: number): number {
  return Math.round(value * 10) / 10
}
