import type { Command } from '../command.ts'
import { EXIT, result } from '../output.ts'
import { SERVER_OPTIONS, startServer } from '../server-process.ts'
import { firstAnswer } from './config.ts'

interface Check {
  name: string
  ok: boolean
  message: string
}

export const doctor: Command = {
  name: 'doctor',
  usage: '[--data DIR] [--json]',
  about: 'Check everything that has to be right, without changing it',
  example: 'probity doctor --data ./data',
  options: SERVER_OPTIONS,
  words: { least: 0, most: 0 },
  async run(given) {
    const checks = (await firstAnswer(startServer('doctor', given, false))) as Check[] | null
    if (checks === null) return EXIT.failed
    const ok = checks.every((check) => check.ok)
    result(
      given.options.json === true,
      { ok, checks },
      checks.map((check) => `${check.ok ? 'ok  ' : 'BAD '} ${check.name}: ${check.message}`),
    )
    return ok ? EXIT.done : EXIT.failed
  },
}
