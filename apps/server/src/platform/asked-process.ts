import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MOST_HEAP_MEGABYTES = 128
const MOST_BYTES = 512 * 2 ** 20
const LOOK_MILLISECONDS = 100

/**
 * A process that is asked one thing at a time, for work that what comes from outside may keep busy without end or fill the
 * memory of: a thread that runs out of memory takes all of its process along. It goes with ours; one that is held busy when
 * ours is killed goes when its memory is full. Its file calls `answerInProcess`.
 */
export class AskedProcess<Question extends object, Answer> {
  readonly #child: ChildProcess
  readonly #gone: () => Error
  ended = false

  constructor(file: URL, role: string, gone: () => Error) {
    this.#gone = gone
    const execArgv = [`--max-old-space-size=${MOST_HEAP_MEGABYTES}`]
    const options = { execArgv, env: environment(), stdio: 'ignore', serialization: 'advanced' } as const
    this.#child = fork(fileURLToPath(file), [role], options)
    this.#child.on('error', () => this.stop())
    this.#child.on('exit', () => {
      this.ended = true
    })
    this.#keepsUs(false)
  }

  /** Rejects with `gone` where the process ends instead, or has not answered in time. */
  ask(question: Question, milliseconds: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.#gone())
      this.#keepsUs(true)
      const settle = (finish: () => void) => {
        clearTimeout(timer)
        this.#child.off('message', answered).off('exit', left).off('error', left)
        this.#keepsUs(false)
        finish()
      }
      const answered = (answer: unknown) => settle(() => resolve(answer as Answer)) // its own file says what
      const left = () => settle(() => reject(this.#gone()))
      const timer = setTimeout(() => this.stop(), milliseconds)
      this.#child.once('message', answered).once('exit', left).once('error', left)
      this.#child.send(question, (error) => error && this.stop())
    })
  }

  stop(): void {
    this.ended = true
    this.#child.kill('SIGKILL')
  }

  // It keeps our process while somebody waits for it, and no longer.
  #keepsUs(keeps: boolean): void {
    for (const held of [this.#child, this.#child.channel]) keeps ? held?.ref() : held?.unref()
  }
}

/** What it needs to know whom to trust, and nothing else of ours, which may be secret. */
function environment(): NodeJS.ProcessEnv {
  const names = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

/** In a process of this role, and in no other: answers what it is asked. */
export function answerInProcess<Question, Answer>(
  role: string,
  answerTo: (question: Question) => Promise<Answer>,
): void {
  if (process.send === undefined || process.argv[2] !== role) return
  // What lies outside the heap has no limit of its own.
  setInterval(() => process.memoryUsage.rss() > MOST_BYTES && process.exit(1), LOOK_MILLISECONDS).unref()
  process.on('disconnect', () => process.exit())
  process.on('message', (question) => {
    answerTo(question as Question).then((answer) => process.send?.(answer)) // as our own side sent it
  })
}
