// Many small tenants: 1,000 tenants send one event each at the same moment; and what a tenant that floods does to a
// neighbour's p99. Client, server and PostgreSQL are processes of their own and share the machine.
import { Agent } from 'node:http'
import { benchServer, machine, makeTenants, percentile, post, spread, timed } from './support.ts'

const TENANTS = 1000
const ROUNDS = 5
const NEIGHBOUR_EVENTS = 300

const server = await benchServer()
const agent = new Agent({ keepAlive: true, maxSockets: 1000 })
const event = JSON.stringify({
  event_type: 'document.read',
  action: 'read',
  outcome: 'Success',
  resource: 'document/1',
})
try {
  const tenants = await makeTenants(server, TENANTS)
  const all: number[] = []
  for (let round = 0; round < ROUNDS; round++)
    all.push((await timed(() => Promise.all(tenants.map(({ token }) => write(token, event))))).milliseconds)
  const [quiet, flooding] = tenants
  if (!quiet || !flooding) throw new Error('no tenants')
  const alone: number[] = []
  const beside: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(percentile(await singles(quiet.token), 0.99))
    let flood = true
    const batch = `[${Array(1000).fill(event).join()}]`
    const floods = Array.from({ length: 2 }, async () => {
      while (flood) await write(flooding.token, batch)
    })
    beside.push(percentile(await singles(quiet.token), 0.99))
    flood = false
    await Promise.all(floods)
  }
  const result = {
    machine: machine(),
    thousand_tenants_ms: spread(all),
    first_round_ms: all[0],
    neighbour_p99_alone_ms: spread(alone),
    neighbour_p99_beside_flood_ms: spread(beside),
    ratio: spread(beside).median / spread(alone).median,
  }
  console.table({
    '1,000 tenants, one event each (ms)': spread(all),
    'p99 alone (ms)': spread(alone),
    'p99 beside a flood (ms)': spread(beside),
  })
  console.log(JSON.stringify(result))
} finally {
  agent.destroy()
  await server.stop()
}

/** Milliseconds of single events, one after the other in four lines. */
async function singles(token: string): Promise<number[]> {
  const times: number[] = []
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let i = 0; i < NEIGHBOUR_EVENTS; i++) times.push((await timed(() => write(token, event))).milliseconds)
    }),
  )
  return times
}

function write(token: string, body: string): Promise<string> {
  const url = `${server.url}/v1/audit/events`
  return post({ url, agent, token, type: 'application/json' }, (sent) => sent.end(body))
}
