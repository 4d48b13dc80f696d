import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { type Config, describeConfig, loadConfig } from './config.ts'
import { examine } from './doctor.ts'
import { stopEmbedded } from './platform/database/embedded.ts'
import { parseDatabaseUrl, withClient } from './platform/database/provision.ts'
import { serve, whyNotStarted } from './serve.ts'

// The server's own entry: the command line starts it as a process. It speaks JSON lines on stdout, sentences on stderr.

const say = (line: string) => process.stderr.write(`probity: ${line}\n`)
const answer = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

// What comes in bulk passes through buffers outside the heap, which V8 counts as if the heap had grown: it would mark all
// of a small heap every 80 ms. With the heap let grow to three times what lives, a third of a core is saved in a flood.
setFlagsFromString('--heap-growing-percent=200')

/** How far it came: what it ends with, and why, where it goes no further. */
const STAGE = {
  settings: { error: 'USAGE', exit_code: 2 },
  database: { error: 'UNAVAILABLE', exit_code: 3 },
  start: { error: 'START_FAILED', exit_code: 1 },
} as const

let config: Config | null = null
let stage: keyof typeof STAGE = 'settings'
try {
  const { command, program, settings } = await readSettings()
  config = settings
  await run(settings, command, program)
} catch (error) {
  const message = whyNotStarted(error, config)
  say(message)
  const { error: code, exit_code } = STAGE[stage]
  answer({ error: code, message, exit_code })
  process.exit(exit_code)
}

async function readSettings(): Promise<{ command: string | undefined; program: string; settings: Config }> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
      config: { type: 'string' },
      program: { type: 'string', default: 'probity' },
    },
  })
  const { config: file, program, ...given } = values
  const settings = await loadConfig(given as Record<string, string>, process.env, file ?? null)
  return { command: positionals[0], program, settings }
}

async function run(settings: Config, command: string | undefined, program: string): Promise<void> {
  if (command === 'serve') await reachDatabases(settings)
  stage = 'start'
  if (command === 'config') return answer(describeConfig(settings))
  if (command === 'doctor') return answer(await examine(settings, program))
  if (command === 'stop-database')
    return answer({ stopped: settings.database_url === undefined && (await stopEmbedded(settings.data)) })
  if (command !== 'serve') throw new Error(`unknown command ${command}`)
  const starting = serve(settings, say)
  let stopping = false
  const stop = async (signal: string) => {
    if (stopping) return
    stopping = true
    say(`stopping (${signal}) …`)
    await starting.then((server) => server.stop()).catch((error: unknown) => say(whyNotStarted(error, settings)))
    process.exit(0)
  }
  // From the first step on: a start that is interrupted leaves no database running.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
  const { url, setupUrl } = await starting
  if (stopping) return
  answer({ url, setup_url: setupUrl })
  process.send?.({ url, setup_url: setupUrl }, undefined, undefined, () => undefined) // who started us may be gone
}

// Before anything is made: a URL that is none is a wrong setting, a database that is away is one to start.
async function reachDatabases({ database_url, keystore_url }: Config): Promise<void> {
  const urls = Object.entries({ DATABASE_URL: database_url, KEYSTORE_URL: keystore_url })
  const databases = urls.flatMap(([name, url]) => (url === undefined ? [] : [parseDatabaseUrl(name, url)]))
  stage = 'database'
  for (const database of databases) await withClient(database, async () => undefined)
}
