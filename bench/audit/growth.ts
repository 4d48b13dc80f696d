import { join } from 'node:path'
import { makeTenants, spread } from '../support.ts'
import { freeBytes, type Ground } from './ground.ts'
import { Events, type Template, writeInput } from './input.ts'
import type { Probity } from './probity.ts'
import { receipts, searches } from './reading.ts'
import type { Scale } from './scale.ts'

const BYTES_AN_ENTRY = 2_500 // of disk, with the write-ahead log

/** Fills a log to each size and measures there: events per second, and the wait of 64 writers of single events. */
export async function measureGrowth(
  ground: Ground,
  probity: Probity,
  templates: Template[],
  { growth: sizes, chunk, writing: milliseconds, receipts: receiptCount, searches: searchCount }: Scale,
  say: (line: string) => void,
) {
  const input = await writeInput(join(ground.data, 'growth.ndjson'), new Events(templates, 4, false), chunk)
  const first = await writeInput(
    join(ground.data, 'growth-first.ndjson'),
    new Events(templates, 7, false),
    sizes[0] ?? 0,
  )
  const events = new Events(templates, 5, false)
  const { token, tenantId } = (await makeTenants(ground, 1))[0] as { token: string; tenantId: string }
  const measured = []
  for (const size of sizes) {
    const rates: number[] = []
    for (let have = await sizeOf(ground, tenantId); have < size; have = await sizeOf(ground, tenantId)) {
      if ((await freeBytes(ground.data)) < chunk * BYTES_AN_ENTRY)
        throw new Error(`the disk is full at ${have} entries`)
      rates.push(await probity.ingest(size === sizes[0] ? first : input, token))
    }
    const rate = spread(rates.slice(-10)).median
    const { perSecond, p99 } = await probity.writers(
      64,
      milliseconds,
      () => ({ text: events.next(), events: 1 }),
      () => token,
    )
    say(`  ${size}: ${rate.toFixed(0)} events/s, 64 writers ${perSecond.toFixed(0)}/s, p99 ${p99.toFixed(1)} ms`)
    const receipt = await receipts(ground, receiptCount, token)
    const search = await searches(ground, searchCount, token)
    measured.push({
      entries: size,
      events_per_second: rate,
      singles_per_second: perSecond,
      ack_p99_ms: p99,
      receipt_ms_p99: receipt.p99,
      search_ms_p99: search.p99,
    })
  }
  return { measured, log: { tenantId, token } }
}

/** 64 writers spread over so many tenants. */
export async function measureTenants(
  ground: Ground,
  probity: Probity,
  templates: Template[],
  { tenants: counts, writing: milliseconds }: Scale,
) {
  const events = new Events(templates, 6, false)
  const tenants = await makeTenants(ground, Math.max(...counts))
  const measured = []
  for (const count of counts) {
    let next = 0
    const token = () => tenants[next++ % count]?.token as string
    const written = await probity.writers(64, milliseconds, () => ({ text: events.next(), events: 1 }), token)
    measured.push({ tenants: count, events_per_second: written.perSecond, ack_p99_ms: written.p99 })
  }
  return measured
}

async function sizeOf(ground: Ground, tenantId: string): Promise<number> {
  const [row] = await ground.sql('SELECT size::int FROM audit_logs WHERE tenant_id = $1', [tenantId])
  return row?.size ?? 0
}
