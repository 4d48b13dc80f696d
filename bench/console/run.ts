// How quick the console is in Chromium, against a real server: first paint, how long an interaction takes, and how a log of many
// entries scrolls. `node bench/console/run.ts [ENTRIES]`; writes result.json beside.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeChromium, Visitor } from '../../apps/server/test/support/console.ts'
import { testServer } from '../../apps/server/test/support/server.ts'
import { builtConsole } from '../../scripts/console.ts'

const [given] = process.argv.slice(2)
const ENTRIES = Number(given ?? 1_000_000)
const AT_ONCE = 50_000
const RUNS = 7
const SCROLL_MILLISECONDS = 5_000

await builtConsole()
const server = await testServer({ body_limit_bytes: String(64 * 2 ** 20) })
try {
  await fill()
  const paints = await measured(firstPaint)
  const clicks = await measured(interaction)
  const frames = await measured(scrolling)
  const result = {
    entries: ENTRIES,
    first_contentful_paint_ms: paints,
    interaction_ms: clicks,
    scroll_frames_per_second: frames,
  }
  writeFileSync(join(import.meta.dirname, 'result.json'), `${JSON.stringify(result, null, 2)}\n`)
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
} finally {
  await closeChromium()
  await server.stop()
}

async function fill(): Promise<void> {
  for (let from = 0; from < ENTRIES; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, ENTRIES - from)
    const lines = Array.from({ length: count }, (_, i) =>
      JSON.stringify({
        event_type: 'invoice.paid',
        user_id: `user${(from + i) % 50}`,
        action: 'pay',
        resource: `invoice/${from + i}`,
        outcome: 'Success',
      }),
    )
    const answer = await server.call('POST', '/v1/audit/ingest', lines.join('\n'), {
      headers: { 'content-type': 'application/x-ndjson' },
    })
    if (answer.status !== 200) throw new Error(answer.text)
  }
}

async function measured(
  measure: (visitor: Visitor) => Promise<number>,
): Promise<{ median: number; least: number; most: number }> {
  const values: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const visitor = await Visitor.loggedIn(server)
    values.push(await measure(visitor))
    await visitor.context.close()
  }
  values.sort((a, b) => a - b)
  const round = (value = 0) => Math.round(value * 10) / 10
  return { median: round(values[Math.floor(RUNS / 2)]), least: round(values[0]), most: round(values.at(-1)) }
}

/** From the click on a link to the first content, with nothing in the cache. */
async function firstPaint(visitor: Visitor): Promise<number> {
  await visitor.open('/')
  return Number(await visitor.page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0].startTime`))
}

/** Until the next page is drawn, from the press of its link. */
async function interaction(visitor: Visitor): Promise<number> {
  await visitor.open('/roles')
  await visitor.page.evaluate(
    `void (window.longest = new Promise((told) => new PerformanceObserver((list) => told(Math.max(...list.getEntries().map(({ duration }) => duration)))).observe({ type: 'event', durationThreshold: 16, buffered: false })))`,
  )
  await visitor.page.getByRole('link', { name: 'Policies' }).click()
  await visitor.page.getByRole('heading', { name: 'Policies', exact: true }).waitFor()
  return Number(
    await visitor.page.evaluate(
      'Promise.race([window.longest, new Promise((told) => setTimeout(() => told(16), 1000))])',
    ),
  )
}

/** Frames a second while the list of all entries is drawn through from its top to its end. */
async function scrolling(visitor: Visitor): Promise<number> {
  await visitor.open('/audit')
  await visitor.page.getByRole('table', { name: 'Audit log' }).waitFor()
  return Number(
    await visitor.page.evaluate(`new Promise((done) => {
      const list = document.querySelector('[role=table]')
      const start = performance.now()
      let frames = 0
      const step = (now) => {
        frames++
        list.scrollTop = ((now - start) / ${SCROLL_MILLISECONDS}) * list.scrollHeight
        if (now - start < ${SCROLL_MILLISECONDS}) requestAnimationFrame(step)
        else done((frames * 1000) / (now - start))
      }
      requestAnimationFrame(step)
    })`),
  )
}
