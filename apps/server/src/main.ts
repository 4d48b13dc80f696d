import { parseArgs } from 'node:util'
import { type Config, describeConfig, loadConfig } from './config.ts'
import { examine } from './doctor.ts'
import { stopEmbedded } from './platform/database/embedded.ts'
import { serve, whyNotStarted } from './serve.ts'

// The server's own entry: the command line starts it as a process. It speaks JSON lines on stdout, sentences on stderr.

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, host: { type: 'string' }, port: { type: 'string' }, config: { type: 'string' } },
})

const say = (line: string) => process.stderr.write(`probity: ${line}\n`)
const answer = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

let config: Config | null = null
try {
  const { config: file, ...given } = values
  config = await loadConfig(given as Record<string, string>, process.env, file ?? null)
  await run(config, positionals[0])
} catch (error) {
  say(whyNotStarted(error, config))
  process.exit(1)
}

async function run(settings: Config, command: string | undefined): Promise<void> {
  if (command === 'config') return answer(describeConfig(settings))
  if (command === 'doctor') return answer(await examine(settings))
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
