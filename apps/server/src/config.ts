import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { StartError } from './platform/database/start-error.ts'
import { areProxies } from './platform/source-address.ts'

const seconds = (fallback: number) => z.coerce.number().int().min(1).max(31_536_000).default(fallback)
const PROXIES = 'must be false, or the addresses or CIDR ranges of your proxies with commas, as 10.0.0.2,192.168.0.0/16'

/** Every setting. A setting `name` is PROBITY_NAME in the environment; the two URLs have their usual names. */
const schema = z.strictObject({
  data: z
    .string()
    .min(1)
    .default(join(homedir(), '.local', 'share', 'probity'))
    .transform((folder) => resolve(folder))
    .describe('Folder of the root key, the state and the embedded database'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  port: z.coerce.number().int().min(0).max(65_535).default(4400).describe('Port to listen on; 0 takes a free one'),
  database_url: z.string().optional().describe('PostgreSQL 15 to 18 instead of the embedded one: its owner (secret)'),
  keystore_url: z
    .string()
    .optional()
    .describe('Another PostgreSQL for the keystore; else a second database beside (secret)'),
  root_key: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64')
    .optional()
    .describe('Root key in base64, from the environment only (secret)'),
  root_key_file: z.string().optional().describe('File of the root key; by default root.key in the data folder'),
  origin: z
    .string()
    .regex(/^[a-z0-9.-]+(\/[\w.-]+)*$/, 'must be a host name, with or without a path')
    .default('probity.local')
    .describe('First line of every checkpoint, before the tenant; never change it'),
  public_url: z.url().optional().describe('Where people reach the server, for links'),
  log_level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('Least level of the log'),
  session_idle_seconds: seconds(1800).describe('A session ends when it is not used for so long'),
  session_absolute_seconds: seconds(43_200).describe('A session ends after so long'),
  rate_limit_per_second: z.coerce
    .number()
    .min(1)
    .default(5000)
    .describe('Requests a second of one token; bursts of twice as many'),
  public_rate_limit_per_second: z.coerce
    .number()
    .min(1)
    .default(5)
    .describe('Requests a second of one address without a token: log-in and set-up; bursts of six times as many'),
  body_limit_bytes: z.coerce
    .number()
    .int()
    .min(65_536)
    .max(1_073_741_824)
    .default(8_388_608)
    .describe('Largest JSON body; streams have no limit'),
  request_timeout_seconds: seconds(30).describe('How long the headers, and a JSON body, may take to arrive'),
  sequencer_lease_ms: z.coerce
    .number()
    .int()
    .min(200)
    .max(60_000)
    .default(1200)
    .describe('How soon another process takes over the log from a dead one'),
  anchor_interval_ms: z.coerce
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(1000)
    .describe('How often the heads of all logs that grew become one entry of the anchor log'),
  stop_grace_seconds: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(10)
    .describe('How long a stop waits for requests under way before it cuts them off'),
  signing_key_overlap_days: z.coerce
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(30)
    .describe("How long a log's signing key signs beside the next one, so that who trusts it can learn of the next"),
  keystore_backup_days: z.coerce
    .number()
    .int()
    .min(0)
    .max(3650)
    .default(30)
    .describe('How long backups of the keystore are kept; certificates of erasure count on it'),
  otlp_traces_url: z
    .url({ protocol: /^https?$/ })
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
const SECRET = new Set(['database_url', 'keystore_url', 'root_key'])

/** Reads settings: command line over environment over file. Throws StartError with the name of what is wrong. */
export async function loadConfig(
  given: Record<string, string>,
  environment: NodeJS.ProcessEnv,
  file: string | null,
): Promise<Config> {
  const fromEnvironment = readEnvironment(environment)
  const data = given.data ?? fromEnvironment.data
  const settings = { ...(await readFileOf(file, data)), ...fromEnvironment, ...given }
  const parsed = schema.safeParse(settings)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : String(issue?.path[0])
  throw new StartError(
    `the setting ${name} ${issue?.code === 'unrecognized_keys' ? 'is not known' : `is wrong: ${issue?.message}`}; see probity config`,
  )
}

/** Every setting with its value, secrets masked. */
export function describeConfig(config: Config): { name: string; environment: string; value: unknown; about: string }[] {
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    environment:
      name in Object.fromEntries(Object.entries(BARE).map(([a, b]) => [b, a]))
        ? name.toUpperCase()
        : PREFIX + name.toUpperCase(),
    value:
      SECRET.has(name) && config[name as keyof Config] !== undefined ? '(set)' : (config[name as keyof Config] ?? null),
    about: field.description ?? '',
  }))
}

function readEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const settings: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '' || FOREIGN.has(name)) continue
    const key = BARE[name] ?? (name.startsWith(PREFIX) ? name.slice(PREFIX.length).toLowerCase() : null)
    if (key === null) continue
    if (!(key in schema.shape))
      throw new StartError(`the environment sets ${name}, which is not known; see probity config`)
    settings[key] = value
  }
  return settings
}

async function readFileOf(file: string | null, data: string | undefined): Promise<Record<string, unknown>> {
  const path = file ?? join(data ?? schema.shape.data.parse(undefined), 'config.json')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (file === null && error.code === 'ENOENT') return '{}'
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
