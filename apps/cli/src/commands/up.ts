import type { ChildProcess } from 'node:child_process'
import type { Command } from '../command.ts'
import { EXIT, result, say } from '../output.ts'
import { dataFolder, lastSentence, logFile, SERVER_OPTIONS, startServer } from '../server-process.ts'

interface Ready {
  url: string
  setup_url: string | null
}

export const up: Command = {
  name: 'up',
  usage: '[--data DIR] [--host H] [--port N] [--config FILE] [--detach] [--json]',
  about: 'Start the server, with its own PostgreSQL unless DATABASE_URL is set',
  example: 'probity up --data ./data --port 4400 --detach',
  options: { ...SERVER_OPTIONS, detach: { type: 'boolean' } },
  words: { least: 0, most: 0 },
  async run(given) {
    const detach = given.options.detach === true
    const data = dataFolder(given)
    const server = startServer('serve', given, detach)
    const ready = await readiness(server)
    if (ready === null) {
      if (detach) say(lastSentence(data))
      return EXIT.failed
    }
    result(given.options.json === true, ready, [
      `Probity is up: ${ready.url}`,
      ...(ready.setup_url ? [`Make the first administrator within an hour: ${ready.setup_url}`] : []),
    ])
    if (detach) {
      say(`The log is ${logFile(data)}; stop with: probity down --data ${data}`)
      server.disconnect()
      server.stdout?.destroy()
      server.unref()
      return EXIT.done
    }
    return ended(server)
  },
}

function readiness(server: ChildProcess): Promise<Ready | null> {
  return new Promise((resolve) => {
    server.once('message', (message) => resolve(message as Ready))
    server.once('exit', () => resolve(null))
    server.once('error', () => resolve(null))
  })
}

function ended(server: ChildProcess): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill(signal))
  return new Promise((resolve) => server.once('exit', (code) => resolve(code ?? EXIT.failed)))
}
