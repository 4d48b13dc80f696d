import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Arguments, Command } from '../command.ts'
import { codeOf, isFolder, reason } from '../file.ts'
import { EXIT, Failure, result, UnavailableError } from '../output.ts'
import { dataFolder, firstAnswer, startServer } from '../server-process.ts'

const PATIENCE_MILLISECONDS = 60_000
const LOOK_MILLISECONDS = 20

export const down: Command = {
  name: 'down',
  usage: '[--data DIR] [--json]',
  about: 'Stop the server of a data folder; what it acknowledged is finished',
  example: 'probity down --data ./data',
  options: { data: { type: 'string' } },
  words: { least: 0, most: 0 },
  async run(given) {
    const data = dataFolder(given)
    if (!isFolder(data)) {
      const what = existsSync(data) ? `${data} is not a folder` : `there is no folder ${data}`
      throw new UnavailableError(`${what}, so nothing runs on it; name the data folder of the server with --data`)
    }
    const pid = runningPid(data)
    if (pid === null) return stopLeftDatabase(given)
    stop(pid)
    const end = Date.now() + PATIENCE_MILLISECONDS
    while (isAlive(pid)) {
      if (Date.now() > end) throw new Failure('NOT_STOPPED', `the process ${pid} does not end`)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS))
    }
    result(given.options.json === true, { stopped: true }, ['Probity is down'])
    return EXIT.done
  },
}

function stop(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    throw new Failure('NOT_STOPPED', `the process ${pid} cannot be stopped (${reason(error)}); run this as its owner`)
  }
}

// No server: a killed one may have left its PostgreSQL running.
async function stopLeftDatabase(given: Arguments): Promise<number> {
  const answer = (await firstAnswer(startServer('stop-database', given, false))) as { stopped: boolean }
  result(given.options.json === true, { stopped: answer.stopped }, [
    answer.stopped ? 'The database that a killed server left is down' : 'Probity does not run here',
  ])
  return EXIT.done
}

// server.json says pid and birth; a process of another birth has only taken the number.
function runningPid(data: string): number | null {
  const file = join(data, 'server.json')
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw new UnavailableError(`${file} cannot be read: ${reason(error)}; run this as its owner`)
  }
  try {
    const { pid, birth } = JSON.parse(text) as { pid: number; birth: string }
    return isAlive(pid) && (birth === 'unknown' || birthOf(pid) === birth) ? pid : null
  } catch {
    return null
  }
}

function birthOf(pid: number): string {
  return fieldsOf(pid)[19] ?? ''
}

/** What the kernel tells of a process, from its state on; empty where it tells nothing. */
function fieldsOf(pid: number): string[] {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return []
  const text = readFileSync(file, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return fieldsOf(pid)[0] !== 'Z'
  } catch {
    return false
  }
}
