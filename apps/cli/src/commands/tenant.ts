import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Command, optional } from '../command.ts'
import { EXIT, result } from '../output.ts'

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
      `Its administrator, within an hour: ${made.setup_url}`,
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
    usage: 'ID [--json]',
    about,
    example: `probity tenant ${verb} 0192…`,
    options: CLIENT_OPTIONS,
    words: { least: 1, most: 1 },
    async run(given) {
      const tenant = await client(given).setTenantActive(given.words[0] ?? '', active)
      result(given.options.json === true, tenant, [`${tenant.name} is ${tenant.is_active ? 'active' : 'suspended'}`])
      return EXIT.done
    },
  }
}
