import { readFile } from 'node:fs/promises'
import { Probity } from '@probity/sdk'
import { CLIENT_OPTIONS, serverUrl } from '../client.ts'
import { type Command, optional, required } from '../command.ts'
import { EXIT, result, UnavailableError, UsageError } from '../output.ts'

export const init: Command = {
  name: 'init',
  usage: '--url U --setup-url S --tenant NAME --email E --password-file F [--username N] [--json]',
  about: 'Make the first administrator, and the first tenant, with the link that "up" printed',
  example: 'probity init --setup-url "$SETUP_URL" --tenant acme --email admin@example.com --password-file ./password',
  options: {
    ...CLIENT_OPTIONS,
    'setup-url': { type: 'string' },
    tenant: { type: 'string' },
    email: { type: 'string' },
    username: { type: 'string' },
    'password-file': { type: 'string' },
  },
  words: { least: 0, most: 0 },
  async run(given) {
    const setup_token = required(given, 'setup-url').split('#')[1]
    if (!setup_token) throw new UsageError('--setup-url is not the link that "up" printed')
    const file = required(given, 'password-file')
    const password = (
      await readFile(file, 'utf8').catch(() => {
        throw new UnavailableError(`the file ${file} cannot be read`)
      })
    ).replace(/\r?\n$/, '')
    const tenant = optional(given, 'tenant')
    const username = optional(given, 'username')
    const server = new Probity({ url: serverUrl(given) })
    const done = await server.setUp({
      setup_token,
      ...(tenant && { tenant }),
      ...(username && { username }),
      email: required(given, 'email'),
      password,
    })
    result(given.options.json === true, done, [
      `Tenant ${done.tenant_id} and its administrator are made.`,
      `Its token, shown once: ${done.token}`,
      'Keep it: export PROBITY_TOKEN=…',
    ])
    return EXIT.done
  },
}
