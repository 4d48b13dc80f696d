import type { Command } from '../command.ts'
import { EXIT, result } from '../output.ts'
import { firstAnswer, SERVER_OPTIONS, startServer } from '../server-process.ts'

interface Setting {
  name: string
  environment: string
  value: unknown
  about: string
}

export const config: Command = {
  name: 'config',
  usage: '[--data DIR] [--config FILE] [--json]',
  about: 'List every setting with its value; secrets are masked',
  example: 'probity config',
  options: SERVER_OPTIONS,
  words: { least: 0, most: 0 },
  async run(given) {
    const settings = (await firstAnswer(startServer('config', given, false))) as Setting[]
    result(
      given.options.json === true,
      { settings },
      settings.map(({ environment, value, about }) => `${environment}=${value ?? ''}\n    ${about}`),
    )
    return EXIT.done
  },
}
