import { Probity } from '@probity/sdk'
import { CLIENT_OPTIONS, serverUrl } from '../client.ts'
import { type Command, optional, required } from '../command.ts'
import { readLine } from '../file.ts'
import { EXIT, result, UsageError } from '../output.ts'

const ALREADY =
  '--setup-url is null: the server is set up already. Use the token that its administrator has, or log in (POST /v1/auth/login) and make another'

export const init: Command = {
  name: 'init',
  usage: '--setup-url S --email E --password-file F [--tenant NAME] [--username N] [--url U] [--json]',
  about: 'Make the first administrator, and the first tenant, with the link that "up" printed',
  more: '--tenant names the first tenant; one of "tenant create" has its name already. Without --url and PROBITY_URL\nthe server is that of the link. --username is the address unless you name another.',
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
    const link = required(given, 'setup-url')
    const setup_token = link.split('#')[1]
    if (link === 'null') throw new UsageError(ALREADY)
    if (!setup_token) throw new UsageError('--setup-url is not the link that "up" printed: it ends in #prb_su_…')
    const password = await readLine(required(given, 'password-file'))
    const tenant = optional(given, 'tenant')
    const username = optional(given, 'username')
    const server = new Probity({ url: serverUrl(given, URL.parse(link)?.origin) })
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
