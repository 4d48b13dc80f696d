import { uuid } from '@probity/contract'
import type { Probity } from '@probity/sdk'
import { CLIENT_OPTIONS, client, orMissing } from '../client.ts'
import { type Command, optional } from '../command.ts'
import { EXIT, Failure, result } from '../output.ts'
import { program, quote } from '../shell.ts'

export const tenantCreate: Command = {
  name: 'tenant create',
  usage: 'NAME [--description TEXT] [--json]',
  about: 'Create a tenant; prints the link that makes its first administrator',
  example: 'probity tenant create acme',
  options: { ...CLIENT_OPTIONS, description: { type: 'string' } },
  words: { least: 1, most: 1 },
  async run(given) {
    const description = optional(given, 'description')
    const made = await client(given).createTenant({ name: given.words[0] ?? '', ...(description && { description }) })
    result(given.options.json === true, made, [
      `${made.tenant.id}  ${made.tenant.name}`,
      `Its set-up link, good once and for an hour: ${made.setup_url}`,
      'Make its first administrator with it:',
      `  ${program()} init --setup-url ${quote(made.setup_url)} --email EMAIL --password-file FILE`,
    ])
    return EXIT.done
  },
}

export const tenantList: Command = {
  name: 'tenant list',
  usage: '[--cursor C] [--json]',
  about: 'List tenants',
  example: 'probity tenant list',
  options: { ...CLIENT_OPTIONS, cursor: { type: 'string' } },
  words: { least: 0, most: 0 },
  async run(given) {
    const page = await client(given).tenants({ cursor: optional(given, 'cursor') })
    result(
      given.options.json === true,
      page,
      page.tenants.map((tenant) => `${tenant.id}  ${tenant.is_active ? 'active   ' : 'suspended'}  ${tenant.name}`),
    )
    return EXIT.done
  },
}

export const tenantSuspend = activity('suspend', 'Make a tenant read-only', false)
export const tenantReactivate = activity('reactivate', 'Let a suspended tenant write again', true)

function activity(verb: string, about: string, active: boolean): Command {
  return {
    name: `tenant ${verb}`,
    usage: 'ID|NAME [--json]',
    about,
    example: `probity tenant ${verb} acme`,
    options: CLIENT_OPTIONS,
    words: { least: 1, most: 1 },
    async run(given) {
      const [word = ''] = given.words
      const server = client(given)
      const id = uuid.safeParse(word).success ? word : await idOf(server, word)
      const tenant = await orMissing(server.setTenantActive(id, active), `there is no tenant ${id}`)
      result(given.options.json === true, tenant, [`${tenant.name} is ${tenant.is_active ? 'active' : 'suspended'}`])
      return EXIT.done
    },
  }
}

async function idOf(server: Probity, name: string): Promise<string> {
  let cursor: string | undefined
  do {
    const page = await server.tenants({ cursor })
    const found = page.tenants.find((tenant) => tenant.name === name)
    if (found) return found.id
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  throw new Failure('NOT_FOUND', `there is no tenant named ${name}; ${program()} tenant list shows them`)
}
