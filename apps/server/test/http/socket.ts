import { connect } from 'node:net'

/** An HTTP/1.1 exchange by hand, for clients that no library would be. */
export interface Exchange {
  send(text: string): void
  /** What came so far. */
  received(): string
  /** The status of the answer, as soon as there is one. */
  status: Promise<number>
  /** When the server has closed the connection. */
  closed: Promise<void>
  end(): void
}

/** Opens a connection and sends the head of a request, with the lines given; `whole` false: the last one goes on. */
export function exchange(url: string, start: string, headers: Record<string, string | number>, whole = true): Exchange {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  let answered = (_status: number) => {}
  const status = new Promise<number>((resolve, reject) => {
    answered = resolve
    socket.once('close', () => reject(new Error(`the connection ended without an answer: ${text}`)))
  })
  status.catch(() => undefined) // a test may wait for the end alone
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    const match = /^HTTP\/1\.1 (\d{3})/.exec(text)
    if (match) answered(Number(match[1]))
  })
  const lines = Object.entries({ host: `${hostname}:${port}`, ...headers }).map(([name, value]) => `${name}: ${value}`)
  socket.write(`${start} HTTP/1.1\r\n${lines.join('\r\n')}${whole ? '\r\n\r\n' : ''}`)
  return { send: (more) => socket.write(more), received: () => text, status, closed, end: () => socket.destroy() }
}
