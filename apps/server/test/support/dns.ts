import { createRequire } from 'node:module'

interface Question {
  name: string
}
/** What of dns2 is used; it brings no types. */
const { createServer, Packet } = createRequire(import.meta.url)('dns2') as {
  createServer(options: object): {
    listen(ports: object): Promise<{ udp: { port: number } }>
    close(): Promise<void>
  }
  Packet: {
    createResponseFromRequest(request: object): { answers: object[] }
    TYPE: { TXT: number }
    CLASS: { IN: number }
  }
}

/** TXT records by name. */
export const records = new Map<string, string[]>()
export interface DnsServer {
  /** With its port. */
  address: string
  stop(): Promise<void>
}

/** A server that answers by `records`. */
export async function dnsServer(): Promise<DnsServer> {
  const dns = createServer({
    udp: true,
    handle(request: { questions: Question[] }, send: (answer: object) => void) {
      const answer = Packet.createResponseFromRequest(request)
      const [{ name } = { name: '' }] = request.questions
      for (const data of records.get(name.toLowerCase()) ?? [])
        answer.answers.push({ name, type: Packet.TYPE.TXT, class: Packet.CLASS.IN, ttl: 0, data })
      send(answer)
    },
  })
  const { udp } = await dns.listen({ udp: { port: 0, address: '127.0.0.1' } })
  return { address: `127.0.0.1:${udp.port}`, stop: () => dns.close() }
}
