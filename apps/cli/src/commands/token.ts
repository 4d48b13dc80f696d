import { SCOPES } from '@probity/contract'
import { CLIENT_OPTIONS, client, orMissing } from '../client.ts'
import { type Command, optional, required } from '../command.ts'
import { identifier, scopesOf, whole } from '../options.ts'
import { EXIT, result } from '../output.ts'

const MOST_DAYS = 3650

export const tokenCreate: Command = {
  name: 'token create',
  usage: '--name N --scopes S,S [--days D] [--json]',
  about: `Make an API token; scopes: ${SCOPES.join(', ')}`,
  example: 'probity token create --name collector --scopes audit:write --days 90',
  options: { ...CLIENT_OPTIONS, name: { type: 'string' }, scopes: { type: 'string' }, days: { type: 'string' } },
  words: { least: 0, most: 0 },
  async run(given) {
    const scopes = scopesOf(required(given, 'scopes'))
    const days = whole(given, 'days', 1, MOST_DAYS)
    const token = await client(given).createToken({
      name: required(given, 'name'),
      scopes,
      ...(days !== undefined && { expires_in_days: days }),
    })
    result(given.options.json === true, token, [`${token.token}`, 'It is shown once.'])
    return EXIT.done
  },
}

export const tokenList: Command = {
  name: 'token list',
  usage: '[--cursor C] [--json]',
  about: 'List API tokens',
  example: 'probity token list',
  options: { ...CLIENT_OPTIONS, cursor: { type: 'string' } },
  words: { least: 0, most: 0 },
  async run(given) {
    const page = await client(given).tokens({ cursor: optional(given, 'cursor') })
    const lines = page.tokens.map((token) =>
      [
        token.id,
        token.revoked_at ? 'revoked' : 'active',
        token.name,
        token.scopes.join(','),
        `last used ${token.last_used_at ?? 'never'}`,
      ].join('  '),
    )
    result(given.options.json === true, page, lines)
    return EXIT.done
  },
}

export const tokenRevoke: Command = {
  name: 'token revoke',
  usage: 'ID [--json]',
  about: 'Revoke an API token',
  example: 'probity token revoke 0192…',
  options: CLIENT_OPTIONS,
  words: { least: 1, most: 1 },
  async run(given) {
    const id = identifier(given.words[0], 'a token', 'token list shows it first on each line')
    const token = await orMissing(client(given).revokeToken(id), `there is no token ${id} in this tenant`)
    result(given.options.json === true, token, [`${token.name} is revoked`])
    return EXIT.done
  },
}
