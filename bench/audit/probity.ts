import { createReadStream } from 'node:fs'
import { Agent, type ClientRequest } from 'node:http'
import { KeepAlive } from '../keep-alive.ts'
import { percentile, post } from '../support.ts'
import type { Ground } from './ground.ts'
import type { InputFile } from './input.ts'

/** Events in the bodies that writers take turns with; none has an event_id, so that each is another event each time. */
const EVENTS = 10_000

/** Probity as applications meet it: over HTTP, with a token. */
export class Probity {
  readonly #ground: Ground
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })

  constructor(ground: Ground) {
    this.#ground = ground
  }

  /** Sends the file as one stream of NDJSON; answers events per second, all of them acknowledged. */
  async ingest({ path, events }: InputFile, token = this.#ground.token): Promise<number> {
    await this.#ground.sql('CHECKPOINT')
    const start = performance.now()
    const answer = await this.#send('/v1/audit/ingest', 'application/x-ndjson', token, (end) =>
      createReadStream(path, { highWaterMark: 1 << 18 }).pipe(end),
    )
    const seconds = (performance.now() - start) / 1000
    const { accepted } = JSON.parse(answer) as { accepted: number }
    if (accepted !== events) throw new Error(`${accepted} of ${events} events were accepted: ${answer.slice(0, 2000)}`)
    return events / seconds
  }

  /** Writers that send bodies one after the other for some time; answers events per second and the wait for each answer. */
  async writers(
    count: number,
    milliseconds: number,
    body: () => { text: string; events: number },
    token: (writer: number) => string = () => this.#ground.token,
  ): Promise<{ perSecond: number; p50: number; p99: number; most: number }> {
    await this.#ground.sql('CHECKPOINT')
    const bodies: ReturnType<typeof body>[] = [] // made before: their making is not the server's
    for (let made = 0; made < EVENTS; made += bodies.at(-1)?.events ?? 0) bodies.push(body())
    const waits: number[] = []
    let written = 0
    let next = 0
    const start = performance.now()
    const until = start + milliseconds
    await Promise.all(
      Array.from({ length: count }, async (_, writer) => {
        const connection = new KeepAlive(this.#ground.url)
        while (performance.now() < until) {
          const { text, events } = bodies[next++ % bodies.length] as (typeof bodies)[number]
          const asked = performance.now()
          await connection.post('/v1/audit/events', token(writer), text)
          waits.push(performance.now() - asked)
          written += events
        }
        connection.end()
      }),
    )
    const seconds = (performance.now() - start) / 1000
    return {
      perSecond: written / seconds,
      p50: percentile(waits, 0.5),
      p99: percentile(waits, 0.99),
      most: percentile(waits, 1),
    }
  }

  stop(): void {
    this.#agent.destroy()
  }

  #send(path: string, type: string, token: string, give: (sent: ClientRequest) => unknown): Promise<string> {
    return post({ url: this.#ground.url + path, agent: this.#agent, token, type }, give)
  }
}
