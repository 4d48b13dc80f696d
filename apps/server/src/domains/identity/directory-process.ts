import { isIP } from 'node:net'
import type { LdapSettings } from '@probity/contract'
import { Client, type Entry, InvalidCredentialsError } from 'ldapts'
import { answerInProcess } from '../../platform/asked-process.ts'
import { Outside } from '../../platform/outside.ts'
import { ProviderProblem, problemOf } from './provider-problem.ts'
import type { Told } from './told.ts'

export const ROLE = 'directories'
export const FILE = new URL(import.meta.url)

/** Name and password of somebody, and the directory that is to say who it is. */
export interface Question {
  settings: LdapSettings
  /** Password of the account that searches; null: none does. */
  secret: string | null
  username: string
  password: string
  /** Whether directories inside our own network may be asked. */
  allowsInside: boolean
}

/** Whom the directory says it is, null: name or password is wrong; or why it could not be asked, in words for an administrator. */
export type Answer = { told: Told | null } | { failed: string }

/** How long one log-in may ask a directory. */
export const MILLISECONDS = 10_000
/** Groups within groups that are followed, and how deep. */
const MOST_GROUPS = 2_000
const DEEPEST = 20
/** Groups that one search asks for the groups that they are in. */
const AT_ONCE = 50

/**
 * Directories are asked (RFC 4511, always over TLS) in processes of their own: a few bytes of an answer can keep the library
 * that reads it busy until the memory is full, and then this process goes and nothing else.
 */
answerInProcess<Question, Answer>(ROLE, (question) =>
  authenticate(question).then(
    (told) => ({ told }),
    (error) => ({ failed: problemOf(error) }),
  ),
)

/** By the same steps for a name that is not there. */
async function authenticate({ settings, secret, username, password, allowsInside }: Question): Promise<Told | null> {
  return connected(settings, new Outside(allowsInside), async (client) => {
    await searching(client, settings, secret)
    const found = await findPerson(client, settings, username)
    const isRight = await binds(client, found?.dn ?? `cn=nobody,${settings.user_base}`, password)
    if (!isRight || found === null) return null
    await searching(client, settings, secret)
    return toldOf(settings, found, await groupsOf(client, settings, found.dn))
  })
}

async function connected<T>(
  settings: LdapSettings,
  outside: Outside,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { protocol, hostname, port } = new URL(settings.url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const address = await outside.addressOf(host)
  const at = `${address.includes(':') ? `[${address}]` : address}:${port || (protocol === 'ldaps:' ? 636 : 389)}`
  const tls = {
    ...{ host: address, minVersion: 'TLSv1.2' as const, ...(isIP(host) === 0 && { servername: host }) },
    ...(settings.certificate_authority !== null && { ca: [settings.certificate_authority] }),
  }
  const options = { timeout: MILLISECONDS, connectTimeout: MILLISECONDS, strictDN: false }
  const client = new Client({
    url: `${protocol}//${at}`,
    ...options,
    ...(protocol === 'ldaps:' && { tlsOptions: tls }),
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ProviderProblem('it does not answer in time')), MILLISECONDS)
  })
  try {
    const done = (async () => {
      if (protocol === 'ldap:') await client.startTLS(tls)
      return work(client)
    })()
    done.catch(() => {}) // where it is too slow, nobody waits for it
    return await Promise.race([done, late])
  } finally {
    clearTimeout(timer)
    await client.unbind().catch(() => {})
  }
}

async function searching(client: Client, { bind_dn }: LdapSettings, secret: string | null): Promise<void> {
  if (bind_dn === null) return
  if (secret === null) throw new ProviderProblem('the connection has bind_dn and no secret')
  if (!(await binds(client, bind_dn, secret))) throw new ProviderProblem('it does not take bind_dn with its secret')
}

async function binds(client: Client, dn: string, password: string): Promise<boolean> {
  try {
    await client.bind(dn, password)
    return true
  } catch (error) {
    if (error instanceof InvalidCredentialsError) return false
    throw error
  }
}

/** Null: nobody, or more than one. */
async function findPerson(client: Client, settings: LdapSettings, username: string): Promise<Entry | null> {
  const { id_attribute, email_attribute, name_attribute } = settings
  const { searchEntries } = await client.search(settings.user_base, {
    scope: 'sub',
    filter: settings.user_filter.replaceAll('{username}', () => escaped(username)),
    sizeLimit: 2,
    attributes: [id_attribute, email_attribute, name_attribute],
    explicitBufferAttributes: [id_attribute],
  })
  const [found, ...more] = searchEntries
  return found && more.length === 0 ? found : null
}

/** What the groups are called in which somebody is, by themselves or by groups within groups. */
async function groupsOf(client: Client, settings: LdapSettings, dn: string): Promise<string[]> {
  const { group_base, group_attribute } = settings
  if (group_base === null) return []
  const names = new Set<string>()
  const seen = new Set([dn.toLowerCase()])
  let level = [dn]
  for (let depth = 0; level.length > 0 && depth < DEEPEST && seen.size <= MOST_GROUPS; depth++) {
    const found: Entry[] = []
    for (let i = 0; i < level.length; i += AT_ONCE) {
      const each = level
        .slice(i, i + AT_ONCE)
        .map((one) => settings.group_filter.replaceAll('{dn}', () => escaped(one)))
      const filter = each.length === 1 ? (each[0] ?? '') : `(|${each.join('')})`
      const asked = { scope: 'sub' as const, filter, paged: { pageSize: 500 }, attributes: [group_attribute] }
      found.push(...(await client.search(group_base, asked)).searchEntries)
    }
    for (const entry of found) for (const name of texts(entry, group_attribute)) names.add(name)
    level = found.map((entry) => entry.dn).filter((one) => !seen.has(one.toLowerCase()))
    for (const one of level) seen.add(one.toLowerCase())
  }
  return [...names]
}

function toldOf(settings: LdapSettings, entry: Entry, groups: string[]): Told {
  const id = [entry[settings.id_attribute]].flat()[0]
  const bytes = typeof id === 'string' ? Buffer.from(id) : id
  if (!bytes || bytes.length === 0) throw new ProviderProblem(`its entries have no ${settings.id_attribute}`)
  return {
    subject: bytes.toString('hex'),
    email: texts(entry, settings.email_attribute)[0] ?? null,
    isEmailVerified: true, // a tenant's own directory says who its people are
    name: texts(entry, settings.name_attribute)[0] ?? null,
    groups,
    session: null,
    methods: ['pwd'],
  }
}

function texts(entry: Entry, attribute: string): string[] {
  return [entry[attribute] ?? []]
    .flat()
    .map((value) => value.toString())
    .filter((text) => text !== '')
}

/** A value as it stands in a filter (RFC 4515 §3): what would be one's syntax is only text. */
function escaped(value: string): string {
  return value.replaceAll(/[\\*()\0]/g, (sign) => `\\${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
