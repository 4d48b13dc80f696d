import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { StartError } from './platform/database/start-error.ts'
import { areProxies } from './platform/source-address.ts'

// What is allowed, in words: who set it wrong reads this and nothing of the library's.
const text = (allowed = 'must be a text') => z.string(allowed).min(1, allowed)
const PROXIES = 'must be false, or the addresses or CIDR ranges of your proxies with commas, as 10.0.0.2,192.168.0.0/16'

function whole(least: number, most: number) {
  const allowed = `must be a whole number from ${least} to ${most}`
  return z.coerce.number(allowed).int(allowed).min(least, allowed).max(most, allowed)
}

const seconds = (fallback: number) => whole(1, 31_536_000).default(fallback)
const rate = () => z.coerce.number('must be a number, 1 or more').min(1, 'must be a number, 1 or more')

/** Every setting. A setting `name` is PROBITY_NAME in the environment; the two URLs have their usual names. */
const schema = z.strictObject({
  data: text('must be the path of a folder')
    .default(join(homedir(), '.local', 'share', 'probity'))
    .transform((folder) => resolve(folder))
    .describe('Folder of the root key, the state and the embedded database'),
  host: text('must be an address or a name of this machine').default('127.0.0.1').describe('Address to listen on'),
  port: whole(0, 65_535).default(4400).describe('Port to listen on; 0 takes a free one'),
  database_url: text().optional().describe('PostgreSQL 15 to 18 instead of the embedded one: its owner (secret)'),
  keystore_url: text()
    .optional()
    .describe('Another PostgreSQL for the keystore; else a second database beside (secret)'),
  root_key: text('must be 32 bytes in base64')
    .regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64')
    .optional()
    .describe('Root key in base64, from the environment only (secret)'),
  root_key_file: text('must be the path of a file')
    .optional()
    .describe('File of the root key; by default root.key in the data folder'),
  origin: text('must be a host name, with or without a path')
    .regex(/^[a-z0-9.-]+(\/[\w.-]+)*$/, 'must be a host name, with or without a path')
    .default('probity.local')
    .describe('First line of every checkpoint, before the tenant; never change it'),
  public_url: z
    .url('must be a URL, as https://audit.example.org')
    .optional()
    .describe('Where people reach the server, for links'),
  smtp_url: z
    .url({ protocol: /^smtps?$/, error: 'must be a URL of smtp or smtps, as smtps://user:password@mail.example.org' })
    .optional()
    .describe('Server that mails are sent through: invitations, forgotten passwords; none are sent without (secret)'),
  mail_from: text('must be an address').default('probity@localhost').describe('Whom mails are from'),
  sms_url: z
    .url({ protocol: /^https?$/, error: 'must be a URL, as https://sms.example.org/send' })
    .optional()
    .describe('Gateway that takes text messages as POST {to, text}; none are sent without (secret)'),
  sms_secret: text()
    .optional()
    .describe('What requests to the gateway are signed by, HMAC-SHA-256 in x-probity-signature (secret)'),
  dns_servers: z
    .string('must be addresses with commas, as 192.0.2.1,192.0.2.2:5353')
    .regex(/^[0-9a-f.:[\]]+(,[0-9a-f.:[\]]+)*$/i, 'must be addresses with commas, as 192.0.2.1,192.0.2.2:5353')
    .optional()
    .describe('Servers that are asked whether a domain is a tenant’s; by default those of the machine'),
  identity_providers_inside: z
    .union([z.boolean(), z.enum(['true', 'false'])], 'must be true or false')
    .transform((value) => value === true || value === 'true')
    .default(false)
    .describe(
      'Whether tenants may name identity providers inside your network, and without TLS; else whoever administers a tenant could ask servers of yours',
    ),
  log_level: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
    .default('info')
    .describe('Least level of the log'),
  session_idle_seconds: seconds(1800).describe('A session ends when it is not used for so long'),
  session_absolute_seconds: seconds(43_200).describe('A session ends after so long'),
  session_access_seconds: seconds(3600).describe('An access token is good for so long; a refresh gives the next one'),
  session_remembered_idle_seconds: seconds(604_800).describe(
    'The same as session_idle_seconds, where somebody asked to be remembered',
  ),
  session_remembered_absolute_seconds: seconds(2_592_000).describe('The same as session_absolute_seconds, likewise'),
  sessions_per_user: whole(1, 1000)
    .default(20)
    .describe('Sessions that a person has at most; one more ends the one that was used least lately'),
  // RFC 9106 §4, its second recommended option, with one lane; OWASP's least is 19 MiB and two passes.
  password_hash_kib: whole(19_456, 1_048_576)
    .default(65_536)
    .describe('Memory in KiB that each guess of a stolen password hash takes (argon2id), and each log-in'),
  password_hash_passes: whole(2, 100).default(3).describe('How often a guess, and a log-in, goes through that memory'),
  rate_limit_per_second: rate().default(5000).describe('Requests a second of one token; bursts of twice as many'),
  public_rate_limit_per_second: rate()
    .default(5)
    .describe('Requests a second of one address without a token: log-in and set-up; bursts of six times as many'),
  body_limit_bytes: whole(65_536, 1_073_741_824)
    .default(8_388_608)
    .describe('Largest JSON body; streams have no limit'),
  request_timeout_seconds: seconds(30).describe('How long the headers, and a JSON body, may take to arrive'),
  sequencer_lease_ms: whole(200, 60_000)
    .default(1200)
    .describe('How soon another process takes over the log from a dead one'),
  anchor_interval_ms: whole(50, 60_000)
    .default(1000)
    .describe('How often the heads of all logs that grew become one entry of the anchor log'),
  stop_grace_seconds: whole(1, 3600)
    .default(10)
    .describe('How long a stop waits for requests under way before it cuts them off'),
  signing_key_overlap_days: whole(1, 3650)
    .default(30)
    .describe("How long a log's signing key signs beside the next one, so that who trusts it can learn of the next"),
  keystore_backup_days: whole(0, 3650)
    .default(30)
    .describe('How long backups of the keystore are kept; certificates of erasure count on it'),
  otlp_traces_url: z
    .url({ protocol: /^https?$/, error: 'must be a URL of http or https' })
    .optional()
    .describe('Where an OpenTelemetry collector takes traces (OTLP over HTTP); none are made without'),
  trust_proxy: z
    .union([z.boolean(), z.string()], PROXIES)
    .transform((value) => (value === 'false' ? false : value))
    .refine((value): value is string | false => value === false || (value !== true && areProxies(value)), PROXIES)
    .default(false)
    .describe(
      'Proxies of yours (addresses or CIDR ranges, with commas): what X-Forwarded-For says from the right, until one that is not among them, is believed',
    ),
})

export type Config = z.output<typeof schema>

const PREFIX = 'PROBITY_'
/** Settings of the command line and of the tests, not of the server. */
const FOREIGN = new Set(['PROBITY_URL', 'PROBITY_TOKEN'])
const BARE: Record<string, string> = { DATABASE_URL: 'database_url', KEYSTORE_URL: 'keystore_url' }
const SECRET = new Set(['database_url', 'keystore_url', 'root_key', 'smtp_url', 'sms_url', 'sms_secret'])

/** Reads settings: command line over environment over file. Throws StartError that names what is wrong as it was written. */
export async function loadConfig(
  given: Record<string, string>,
  environment: NodeJS.ProcessEnv,
  file: string | null,
): Promise<Config> {
  const variables = readEnvironment(environment)
  const fromEnvironment = Object.fromEntries(variables.map(({ key, value }) => [key, value]))
  const path = file ?? join(given.data ?? fromEnvironment.data ?? schema.shape.data.parse(undefined), 'config.json')
  const parsed = schema.safeParse({ ...(await readFileOf(path, file !== null)), ...fromEnvironment, ...given })
  if (parsed.success) return consistent(parsed.data)
  const [issue] = parsed.error.issues
  const isUnknown = issue?.code === 'unrecognized_keys'
  const key = isUnknown ? (issue.keys[0] ?? '') : String(issue?.path[0])
  const variable = variables.findLast((one) => one.key === key)
  const written = key in given ? `--${key}` : (variable?.name ?? `the setting ${key} in ${path}`)
  throw new StartError(`${written} ${isUnknown ? 'is not known' : issue?.message}; see probity config`)
}

/** Throws StartError where one setting needs another. */
function consistent(config: Config): Config {
  if (config.sms_url !== undefined && config.sms_secret === undefined)
    throw new StartError('sms_url needs sms_secret, by which its requests are signed; see probity config')
  return config
}

/** Every setting with its value, secrets masked. */
export function describeConfig(config: Config): { name: string; environment: string; value: unknown; about: string }[] {
  return settings().map(({ name, environment, about }) => {
    const value = config[name] ?? null
    return { name, environment, value: SECRET.has(name) && value !== null ? '(set)' : value, about }
  })
}

/** Every setting, with what holds unless it is set; null: nothing does. */
export function settings(): { name: keyof Config; environment: string; fallback: string | null; about: string }[] {
  const bare = new Set(Object.values(BARE))
  return Object.entries(schema.shape).map(([name, field]) => {
    const fallback = field.safeParse(undefined).data
    return {
      name: name as keyof Config, // the shape's keys are these
      environment: bare.has(name) ? name.toUpperCase() : PREFIX + name.toUpperCase(),
      fallback: fallback === undefined ? null : String(fallback).replace(homedir(), '~'),
      about: field.description ?? '',
    }
  })
}

interface Variable {
  /** As it was written. */
  name: string
  key: string
  value: string
}

function readEnvironment(environment: NodeJS.ProcessEnv): Variable[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    if (value === undefined || value === '' || FOREIGN.has(name)) return []
    const key = BARE[name] ?? (name.startsWith(PREFIX) ? name.slice(PREFIX.length).toLowerCase() : null)
    if (key === null) return []
    if (!(key in schema.shape))
      throw new StartError(`the environment sets ${name}, which is not known; see probity config`)
    return [{ name, key, value }]
  })
}

async function readFileOf(path: string, isNamed: boolean): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (!isNamed && error.code === 'ENOENT') return '{}'
    throw new StartError(`the configuration file ${path} cannot be read (${error.code})`)
  })
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !('root_key' in value)) return { ...value }
  } catch {}
  throw new StartError(
    `the configuration file ${path} is not a JSON object, or holds root_key, which belongs into the environment or a file of its own`,
  )
}
