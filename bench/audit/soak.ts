// Ten minutes of a stream at 80 % of what was measured as the most, beside single events; then the whole log is verified.
// Usage: soak.ts [MINUTES]
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { machine, percentile, spread } from '../support.ts'
import { freeBytes, prepareGround } from './ground.ts'
import { Events, readTemplates, writeInput } from './input.ts'
import { Probity } from './probity.ts'

const MINUTES = Number(process.argv[2] ?? 10)
const SHARE = 0.8
const EVENTS = 100_000
const TICK = 50 // milliseconds
const LEAST_FREE = 10 * 2 ** 30

const ground = await prepareGround()
const probity = new Probity(ground)
try {
  const templates = await readTemplates()
  const input = await writeInput(join(ground.data, 'soak.ndjson'), new Events(templates, 1, false), EVENTS)
  const rates: number[] = []
  for (let round = 0; round < 5; round++) rates.push(await probity.ingest(input))
  const most = spread(rates.slice(1)).median
  process.stderr.write(`${most.toFixed(0)} events/s at most; ${MINUTES} minutes at ${SHARE * 100} %\n`)
  const lines = (await readFile(input.path, 'utf8')).trimEnd().split('\n')
  const memory: number[] = []
  const watch = setInterval(async () => memory.push(await ground.memory()), 1000)
  const events = new Events(templates, 2, false)
  const single = () => ({ text: events.next(), events: 1 })
  const [streamed, singles] = await Promise.all([
    stream(lines, most * SHARE, MINUTES * 60_000),
    probity.writers(1, MINUTES * 60_000, single), // one that waits for each answer: what a neighbour feels
  ])
  clearInterval(watch)
  const { body, text } = await ground.call('POST', '/v1/audit/verify', {})
  if (body.valid !== true) throw new Error(text)
  const tenth = Math.floor(memory.length / 10)
  const result = {
    machine: machine(),
    minutes: MINUTES,
    most_per_second: Math.round(most),
    streamed,
    ack_ms: { p50: singles.p50, p99: singles.p99, most: singles.most },
    memory_mb: {
      first_tenth: Math.round(percentile(memory.slice(0, tenth), 0.5)),
      last_tenth: Math.round(percentile(memory.slice(-tenth), 0.5)),
      peak: Math.round(await ground.peakMemory()),
    },
    verified: { valid: body.valid, entries: body.end_position },
  }
  console.log(JSON.stringify(result, null, 2))
} finally {
  probity.stop()
  await ground.stop()
}

/** One request of lines, so many a second; answers what became of them, and how far it fell behind at most. */
async function stream(lines: readonly string[], perSecond: number, milliseconds: number) {
  const headers = { authorization: `Bearer ${ground.token}`, 'content-type': 'application/x-ndjson' }
  const sent = request(`${ground.url}/v1/audit/ingest`, { method: 'POST', headers })
  const answered = once(sent, 'response')
  const start = performance.now()
  let given = 0
  let behind = 0
  for (let passed = 0; passed < milliseconds; passed = performance.now() - start) {
    const due = Math.floor((perSecond * passed) / 1000)
    behind = Math.max(behind, (due - given) / perSecond)
    const some = Array.from({ length: due - given }, (_, i) => lines[(given + i) % lines.length])
    given = due
    if (some.length > 0 && !sent.write(`${some.join('\n')}\n`)) await once(sent, 'drain')
    if ((await freeBytes(ground.data)) < LEAST_FREE) throw new Error('the disk is nearly full')
    await new Promise((resolve) => setTimeout(resolve, TICK))
  }
  sent.end()
  const [response] = await answered
  let text = ''
  for await (const piece of response) text += piece
  const { accepted, refused } = JSON.parse(text) as { accepted: number; refused: number }
  if (accepted !== given) throw new Error(`${accepted} of ${given} lines were accepted: ${text.slice(0, 1000)}`)
  const seconds = (performance.now() - start) / 1000
  return { accepted, refused, per_second: Math.round(accepted / seconds), behind_seconds: behind }
}
