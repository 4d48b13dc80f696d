import { uuid } from '@probity/contract'
import type { Probity } from '@probity/sdk'
import { CLIENT_OPTIONS, client, orMissing } from '../client.ts'
import { type Command, optional } from '../command.ts'
import { EXIT, Failure, result, UsageError } from '../output.ts'
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
    result(given.options.json === true, made, [`${made.tenant.id}  ${made.tenant.name}`, ...linkLines(made.setup_url)])
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

export const tenantLink: Command = {
  name: 'tenant link',
  usage: 'ID|NAME [--json]',
  about: 'Make another set-up link for a tenant whose first one was not used in its hour',
  example: 'probity tenant link acme',
  options: CLIENT_OPTIONS,
  words: { least: 1, most: 1 },
  async run(given) {
    const server = client(given)
    const made = await server.renewSetupLink(await idOf(server, given.words[0] ?? ''))
    result(given.options.json === true, made, linkLines(made.setup_url))
    return EXIT.done
  },
}

export const tenantAcceptRollback: Command = {
  name: 'tenant accept-rollback',
  usage: 'ID|NAME --reason TEXT [--json]',
  about: "Let a tenant's log go on that was put back from a backup; what is lost becomes an entry of it",
  example: `probity tenant accept-rollback acme --reason 'the disk was lost; restored from the night'`,
  options: { ...CLIENT_OPTIONS, reason: { type: 'string' } },
  words: { least: 1, most: 1 },
  async run(given) {
    const reason = optional(given, 'reason')
    if (reason === undefined) throw new UsageError('--reason is missing: it stands in the log for good')
    const server = client(given)
    const done = await server.acceptRollback(await idOf(server, given.words[0] ?? ''), reason)
    result(given.options.json === true, done, [
      `entries ${done.lost_from} to ${done.lost_until - 1} are lost; the log goes on`,
    ])
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
      const id = await idOf(server, word)
      const tenant = await orMissing(server.setTenantActive(id, active), `there is no tenant ${id}`)
      result(given.options.json === true, tenant, [`${tenant.name} is ${tenant.is_active ? 'active' : 'suspended'}`])
      return EXIT.done
    },
  }
}

function linkLines(setupUrl: string): string[] {
  return [
    `Its set-up link, good once and for an hour: ${setupUrl}`,
    'Make its first administrator with it:',
    `  ${program()} init --setup-url ${quote(setupUrl)} --email EMAIL --password-file FILE`,
  ]
}

/** Id of a tenant that is given by id or name. */
async function idOf(server: Probity, name: string): Promise<string> {
  if (uuid.safeParse(name).success) return name
  let cursor: string | undefined
  do {
    const page = await server.tenants({ cursor })
    const found = page.tenants.find((tenant) => tenant.name === name)
    if (found) return found.id
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  throw new Failure('NOT_FOUND', `there is no tenant named ${name}; ${program()} tenant list shows them`)
}
