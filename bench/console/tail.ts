// What an open live tail of the log keeps in memory: `node bench/console/tail.ts [MINUTES] [EVENTS_PER_SECOND]`; writes
// tail.json beside. The heap is measured after its garbage was collected.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { closeChromium, Visitor } from '../../apps/server/test/support/console.ts'
import { testServer } from '../../apps/server/test/support/server.ts'
import { builtConsole } from '../../scripts/console.ts'

const [minutes, rate] = process.argv.slice(2)
const MINUTES = Number(minutes ?? 60)
const EVENTS_PER_SECOND = Number(rate ?? 5)

await builtConsole()
const server = await testServer()
try {
  // A session that nobody uses ends before the hour does, unless whoever logged in asked to be remembered.
  const visitor = await Visitor.loggedIn(server, { remember_me: true })
  await visitor.open('/audit')
  await visitor.page.getByLabel('Live').check({ force: true })
  await visitor.page.getByText('shown as they come').waitFor()
  const devtools = await visitor.context.newCDPSession(visitor.page)
  await devtools.send('Performance.enable')
  const measure = async () => {
    await devtools.send('HeapProfiler.collectGarbage')
    const { metrics } = await devtools.send('Performance.getMetrics')
    const figure = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN
    return { heap_mb: Math.round(figure('JSHeapUsedSize') / 1e5) / 10, nodes: figure('Nodes') }
  }
  const points: { minute: number; events: number; heap_mb: number; nodes: number }[] = []
  let events = 0
  for (let minute = 0; minute <= MINUTES; minute++) {
    const end = Date.now() + 60_000
    points.push({ minute, events, ...(await measure()) })
    process.stdout.write(`${JSON.stringify(points.at(-1))}\n`)
    while (minute < MINUTES && Date.now() < end) {
      const event = { event_type: 'invoice.paid', user_id: `user${events % 50}`, resource: `invoice/${events++}` }
      await server.call('POST', '/v1/audit/events', event)
      await pause(1000 / EVENTS_PER_SECOND)
    }
  }
  await visitor.page
    .getByText(`invoice/${events - 1}`)
    .first()
    .waitFor()
  visitor.requireClean()
  const result = { minutes: MINUTES, events, first: points[0], after_a_minute: points[1], last: points.at(-1), points }
  writeFileSync(join(import.meta.dirname, 'tail.json'), `${JSON.stringify(result, null, 2)}\n`)
} finally {
  await closeChromium()
  await server.stop()
}
