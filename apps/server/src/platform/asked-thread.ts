import { spawn, spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { isMainThread, parentPort, type ResourceLimits, Worker, workerData } from 'node:worker_threads'

interface Asked<Answer> {
  resolve(answer: Answer): void
  reject(error: Error): void
}

/** `low`: less of a core where others want it too. `idle`: a core that nobody else wants. */
export type Priority = 'low' | 'idle'

/** So long one that is idle waits for a core before it is given part of one. */
const LONGEST_IDLE_MILLISECONDS = 300

interface Given {
  role: string
  priority: Priority
  /** Its id in the operating system, once it knows; 0: none. */
  threadId: Int32Array
}

/**
 * A thread that answers in the order it is asked. Owns the worker; whoever waits when it dies is told so by `gone`.
 * Its file calls `answerQuestions` with the same role.
 */
export class AskedThread<Question, Answer> {
  readonly #worker: Worker
  readonly #asked: Asked<Answer>[] = []
  readonly #gone: () => Error
  readonly #priority: Priority
  readonly #threadId = new Int32Array(new SharedArrayBuffer(4))
  ended = false

  constructor(
    file: URL,
    role: string,
    gone: () => Error,
    { priority = 'low', resourceLimits = {} }: { priority?: Priority; resourceLimits?: ResourceLimits } = {},
  ) {
    this.#gone = gone
    this.#priority = priority
    const given: Given = { role, priority, threadId: this.#threadId }
    this.#worker = new Worker(file, { workerData: given, resourceLimits })
    this.#worker.on('message', (answer: Answer) => this.#answered(answer))
    this.#worker.on('error', () => this.#end())
    this.#worker.on('exit', () => this.#end())
    // It keeps the process while somebody waits, and no longer; a listener that is added later would keep it for good.
    this.#worker.unref()
  }

  /** How many wait for an answer. */
  get load(): number {
    return this.#asked.length
  }

  /** The buffers of `transfer` go to the thread and are gone here. */
  async ask(question: Question, transfer: ArrayBuffer[]): Promise<Answer> {
    if (this.#priority === 'low') return this.#ask(question, transfer)
    let isHastened = false
    const timer = setTimeout(() => {
      isHastened = true
      this.#schedule('--other')
    }, LONGEST_IDLE_MILLISECONDS)
    try {
      return await this.#ask(question, transfer)
    } finally {
      clearTimeout(timer)
      if (isHastened) this.#schedule('--idle')
    }
  }

  #ask(question: Question, transfer: ArrayBuffer[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.#gone())
      this.#asked.push({ resolve, reject })
      this.#worker.ref()
      this.#worker.postMessage(question, transfer)
    })
  }

  /** Says what is not answered. */
  tell(statement: Question): void {
    this.#worker.postMessage(statement)
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #schedule(policy: '--other' | '--idle'): void {
    const [id = 0] = this.#threadId
    if (id > 0) spawn('chrt', [policy, '--pid', '0', String(id)], { stdio: 'ignore' }).on('error', () => undefined)
  }

  #answered(answer: Answer): void {
    this.#asked.shift()?.resolve(answer)
    if (this.#asked.length === 0) this.#worker.unref()
  }

  #end(): void {
    this.ended = true
    for (const { reject } of this.#asked.splice(0)) reject(this.#gone())
  }
}

/** In a thread of this role, and in no other: handles what it is asked or told, below whatever waits for an answer. */
export function answerQuestions<Question, Answer>(
  role: string,
  handle: (question: Question, answer: (answer: Answer, transfer: ArrayBuffer[]) => void) => void,
): void {
  const given = workerData as Given | null // of the constructor above
  if (isMainThread || given?.role !== role) return
  giveWay(given)
  const answer = (made: Answer, transfer: ArrayBuffer[]) => parentPort?.postMessage(made, transfer)
  parentPort?.on('message', (question: Question) => handle(question, answer))
}

// On Linux a thread has a priority of its own: what waits for an answer goes before what comes in bulk. Only of a core on which
// nothing but SCHED_IDLE runs does the scheduler say that it is free; beside a thread that is merely nice, two others share one.
function giveWay({ priority, threadId }: Given): void {
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1) ?? ''
    setPriority(Number(thread), constants.priority.PRIORITY_BELOW_NORMAL)
    if (priority === 'low') return
    threadId[0] = Number(thread)
    spawnSync('chrt', ['--idle', '--pid', '0', thread])
  } catch {
    // elsewhere, or not allowed: it works all the same
  }
}
