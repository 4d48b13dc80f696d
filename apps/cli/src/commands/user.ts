import { type Invited, SCOPES, type User, userStatus, uuid } from '@probity/contract'
import { Probity } from '@probity/sdk'
import { CLIENT_OPTIONS, client, orMissing, serverUrl } from '../client.ts'
import { type Arguments, type Command, optional, required } from '../command.ts'
import { readLine } from '../file.ts'
import { oneOf, scopesOf } from '../options.ts'
import { EXIT, Failure, result, UsageError } from '../output.ts'
import { program, quote } from '../shell.ts'

export const userInvite: Command = {
  name: 'user invite',
  usage: 'EMAIL [--username U] [--display-name N] [--scopes S,S] [--json]',
  about: 'Invite somebody; prints the link to hand over where the server sends no mail',
  more: `Scopes: ${SCOPES.join(', ')}; by default none, so that they may what roles open.`,
  example: 'probity user invite ada@example.com --scopes audit:read,audit:verify',
  options: {
    ...CLIENT_OPTIONS,
    username: { type: 'string' },
    'display-name': { type: 'string' },
    scopes: { type: 'string' },
  },
  words: { least: 1, most: 1 },
  async run(given) {
    const [email = ''] = given.words
    const [username, display_name] = [optional(given, 'username'), optional(given, 'display-name')]
    const scopes = optional(given, 'scopes')
    const made = await client(given).invite({
      email,
      ...(username !== undefined && { username }),
      ...(display_name !== undefined && { display_name }),
      ...(scopes !== undefined && { scopes: scopesOf(scopes) }),
    })
    return showInvited(given, made)
  },
}

export const userInviteAgain: Command = {
  name: 'user invite-again',
  usage: 'ID|NAME [--json]',
  about: 'Invite somebody again who has not accepted; the link before is no longer good',
  example: 'probity user invite-again ada@example.com',
  options: CLIENT_OPTIONS,
  words: { least: 1, most: 1 },
  async run(given) {
    const server = client(given)
    return showInvited(given, await server.inviteAgain(await idOf(server, given.words[0] ?? '')))
  },
}

function showInvited(given: Arguments, made: Invited): number {
  const { user, invitation_url: url } = made
  const handedOver =
    url === null
      ? ['The invitation was mailed.']
      : [
          `For you to hand over, good once and for a week: ${url}`,
          `It is accepted with: ${program()} user accept --invitation-url URL --password-file FILE`,
        ]
  result(given.options.json === true, made, [oneLine(user), ...handedOver])
  return EXIT.done
}

export const userAccept: Command = {
  name: 'user accept',
  usage: '--invitation-url URL --password-file FILE [--json]',
  about: 'Set the first password of an account that somebody was invited to',
  example: 'probity user accept --invitation-url URL --password-file FILE',
  options: { ...CLIENT_OPTIONS, 'invitation-url': { type: 'string' }, 'password-file': { type: 'string' } },
  words: { least: 0, most: 0 },
  async run(given) {
    const link = required(given, 'invitation-url')
    const token = link.split('#')[1]
    if (!token) throw new UsageError('--invitation-url is not the link of an invitation: it ends in #prb_li_…')
    const password = await readLine(required(given, 'password-file'))
    const server = new Probity({ url: serverUrl(given, URL.parse(link)?.origin) })
    const ready = await server.acceptInvitation({ token, password })
    result(given.options.json === true, ready, [`${ready.username} can log in.`])
    return EXIT.done
  },
}

export const userList: Command = {
  name: 'user list',
  usage: `[--status ${userStatus.options.join('|')}] [--cursor C] [--json]`,
  about: 'List people of the tenant',
  example: 'probity user list --status invited',
  options: { ...CLIENT_OPTIONS, status: { type: 'string' }, cursor: { type: 'string' } },
  words: { least: 0, most: 0 },
  async run(given) {
    const status = oneOf(given, 'status', userStatus.options)
    const page = await client(given).users({ status, cursor: optional(given, 'cursor') })
    const more = page.next_cursor === null ? [] : [`more: --cursor ${quote(page.next_cursor)}`]
    result(given.options.json === true, page, [...page.users.map(oneLine), ...more])
    return EXIT.done
  },
}

export const userSuspend = change('suspend', 'Suspend somebody: their sessions end, their tokens wait')
export const userReactivate = change('reactivate', 'Let somebody in again')
export const userDeactivate = change('deactivate', 'Deactivate somebody who has left')
export const userUnlock = change('unlock', 'Forget failed log-ins of somebody')

function change(verb: 'suspend' | 'reactivate' | 'deactivate' | 'unlock', about: string): Command {
  return {
    name: `user ${verb}`,
    usage: 'ID|NAME [--json]',
    about,
    example: `probity user ${verb} ada@example.com`,
    options: CLIENT_OPTIONS,
    words: { least: 1, most: 1 },
    async run(given) {
      const server = client(given)
      const id = await idOf(server, given.words[0] ?? '')
      const user = await orMissing(server.setUser(id, verb), `there is no user ${id}`)
      result(given.options.json === true, user, [oneLine(user)])
      return EXIT.done
    },
  }
}

function oneLine({ id, status, username, email, scopes, mfa_enabled, is_break_glass }: User): string {
  const name = username === email ? email : `${username} (${email})`
  const marks = [mfa_enabled ? 'second factor' : '', is_break_glass ? 'break-glass' : ''].filter((mark) => mark !== '')
  return [id, status.padEnd(11), name, scopes.join(','), ...marks].join('  ')
}

/** Id of somebody who is given by id, user name or address. */
async function idOf(server: Probity, name: string): Promise<string> {
  if (uuid.safeParse(name).success) return name
  const { users } = await server.users({ name })
  const [found] = users
  if (!found) throw new Failure('NOT_FOUND', `nobody goes by ${name}; ${program()} user list shows who is there`)
  return found.id
}
