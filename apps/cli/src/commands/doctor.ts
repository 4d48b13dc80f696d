import type { Command } from '../command.ts'
import { EXIT, Failure, plural, result, say } from '../output.ts'
import { firstAnswer, SERVER_OPTIONS, startServer } from '../server-process.ts'

interface Check {
  name: string
  ok: boolean
  message: string
}

export const doctor: Command = {
  name: 'doctor',
  usage: '[--data DIR] [--host H] [--port N] [--config FILE] [--json]',
  about: 'Check everything that has to be right, without changing it',
  example: 'probity doctor --data ./data',
  options: SERVER_OPTIONS,
  words: { least: 0, most: 0 },
  async run(given) {
    const checks = (await firstAnswer(startServer('doctor', given, false))) as Check[]
    const bad = checks.filter((check) => !check.ok)
    const ok = bad.length === 0
    const names = bad.map(({ name }) => name).join(', ')
    const failure = ok ? null : new Failure('NOT_WELL', `${plural(bad.length, 'check')} failed: ${names}`)
    result(
      given.options.json === true,
      { ok, checks, ...failure?.json },
      checks.map((check) => `${check.ok ? 'ok  ' : 'BAD '} ${check.name}: ${check.message}`),
    )
    if (failure) say(failure.message)
    return failure?.exit ?? EXIT.done
  },
}
