import { connect, type Socket } from 'node:net'

const END_OF_HEAD = '\r\n\r\n'

/**
 * A connection of HTTP/1.1 that is kept alive and sends one request after the other, with as little work as can be: on a
 * machine that client and server share, a client's time would be measured as the server's.
 */
export class KeepAlive {
  readonly #socket: Socket
  readonly #host: string
  #pieces: Buffer[] = []
  #resolve: (() => void) | null = null
  #reject: ((error: Error) => void) | null = null

  constructor(url: string) {
    const { hostname, port, host } = new URL(url)
    this.#socket = connect(Number(port), hostname).setNoDelay(true)
    this.#host = host
    this.#socket.on('data', (piece) => this.#take(piece))
    this.#socket.on('error', (error) => this.#reject?.(error))
    this.#socket.on('close', () => this.#reject?.(new Error('the server closed the connection')))
  }

  /** Sends a JSON body and waits for its answer. Rejects when that is no 200. */
  post(path: string, token: string, body: string): Promise<void> {
    const length = Buffer.byteLength(body)
    return this.#send('POST', path, token, `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`)
  }

  /** Asks and waits for the answer. Rejects when that is no 200. */
  get(path: string, token: string): Promise<void> {
    return this.#send('GET', path, token, '\r\n')
  }

  #send(method: string, path: string, token: string, rest: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#socket.write(
        `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAuthorization: Bearer ${token}\r\n${rest}`,
      )
    })
  }

  end(): void {
    this.#reject = null
    this.#socket.destroy()
  }

  #take(piece: Buffer): void {
    this.#pieces.push(piece)
    const answer = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces)
    const head = answer.indexOf(END_OF_HEAD)
    if (head === -1) return
    const text = answer.toString('latin1', 0, head)
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1])
    if (answer.length < head + END_OF_HEAD.length + length) return
    this.#pieces = []
    if (text.startsWith('HTTP/1.1 200')) this.#resolve?.()
    else this.#reject?.(new Error(answer.toString().slice(0, 2000)))
  }
}
