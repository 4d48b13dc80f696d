import type { ChildProcess } from 'node:child_process'
import type { Command } from '../command.ts'
import { EXIT, Failure, result, say } from '../output.ts'
import { dataFolder, failureTold, logFile, SERVER_OPTIONS, startServer } from '../server-process.ts'
import { program, quote } from '../shell.ts'

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
    const ready = await readiness(server, !detach)
    result(given.options.json === true, ready, [`Probity is up: ${ready.url}`, ...setupLines(ready)])
    if (detach) {
      say(`The log is ${logFile(data)}; stop with: ${program()} down --data ${quote(data)}`)
      server.disconnect()
      server.stdout?.destroy()
      server.unref()
      return EXIT.done
    }
    return ended(server)
  },
}

function setupLines({ setup_url }: Ready): string[] {
  if (!setup_url) return []
  return [
    `The set-up link, good once and for an hour: ${setup_url}`,
    'Make the first administrator with it:',
    `  ${program()} init --setup-url ${quote(setup_url)} --tenant NAME --email EMAIL --password-file FILE`,
  ]
}

function readiness(server: ChildProcess, watched: boolean): Promise<Ready> {
  return new Promise((resolve, reject) => {
    let printed = ''
    server.stdout?.on('data', (piece) => (printed += piece))
    server.once('message', (message) => resolve(message as Ready))
    // Once what it printed is read, and not at its exit: that may come before.
    server.once('close', () => reject(failureTold(printed, watched)))
    server.once('error', (error) => reject(new Failure('START_FAILED', `the server did not start: ${error.message}`)))
  })
}

async function ended(server: ChildProcess): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill(signal))
  const code = await new Promise<number | null>((resolve) => server.once('exit', resolve))
  if (code === 0) return EXIT.done
  throw new Failure('SERVER_ENDED', `the server ended${code === null ? '' : ` with code ${code}`}`)
}
