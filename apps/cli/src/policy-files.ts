import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createPolicy, type Policy } from '@probity/contract'
import { cannotWrite, reason } from './file.ts'
import { UnavailableError, UsageError } from './output.ts'

/** A policy as a file has it: NAME.json, and of type Access its rules beside it in NAME.cedar. */
export interface PolicyFile {
  file: string
  said: Said
}

export type Said = ReturnType<typeof createPolicy.parse>

/** All policies of a folder, by the names of their files. Throws UsageError for what is none. */
export async function readPolicyFiles(folder: string): Promise<PolicyFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new UnavailableError(`the folder ${folder} cannot be read: ${reason(error)}`)
  })
  const orphan = names.find((name) => name.endsWith('.cedar') && !names.includes(`${basename(name, '.cedar')}.json`))
  if (orphan !== undefined)
    throw new UsageError(`${join(folder, orphan)}: there is no ${basename(orphan, '.cedar')}.json beside it`)
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => readPolicyFile(folder, name)),
  )
  const twice = files.find(({ said }, i) => files.findIndex((one) => one.said.policy_name === said.policy_name) < i)
  if (twice) throw new UsageError(`${twice.file}: another file has the policy_name "${twice.said.policy_name}" too`)
  return files
}

/** Writes one; of type Access its text stands in a file of its own, as people read and compare it. */
export async function writePolicyFile(folder: string, name: string, said: Said): Promise<string> {
  const { policy_rules, ...more } = said
  const isText = said.policy_type === 'Access' && typeof policy_rules.cedar === 'string'
  const json = JSON.stringify(isText ? more : said, null, 2)
  const put = (ending: string, text: string) =>
    writeFile(join(folder, `${name}.${ending}`), text.endsWith('\n') ? text : `${text}\n`).catch((error: unknown) => {
      throw cannotWrite(join(folder, `${name}.${ending}`), error)
    })
  await put('json', json)
  if (isText) await put('cedar', String(policy_rules.cedar))
  return `${name}.json`
}

/** What a policy of the server says, without its life. */
export function saidBy(policy: Policy): Said {
  const { policy_name, policy_type, description, policy_rules, tests, enforcement_mode } = policy
  const { effective_date, expiration_date, is_active } = policy
  const shared = { policy_name, policy_type, description, policy_rules, tests, enforcement_mode }
  return createPolicy.parse({ ...shared, effective_date, expiration_date, is_active })
}

/** What differs. The date that an approval wrote is no difference to none. */
export function differing(local: Said, server: Said): string[] {
  return (Object.keys(local) as (keyof Said)[]).filter((key) => {
    if (key === 'effective_date' && local.effective_date === null) return false
    if (key === 'effective_date' || key === 'expiration_date') return timeOf(local[key]) !== timeOf(server[key])
    return canonical(local[key]) !== canonical(server[key])
  })
}

async function readPolicyFile(folder: string, name: string): Promise<PolicyFile> {
  const path = join(folder, name)
  const json = await readFile(path, 'utf8')
  const cedar = await readFile(join(folder, `${basename(name, '.json')}.cedar`), 'utf8').catch(() => null)
  const parsed = createPolicy.safeParse({ ...objectIn(json, path), ...(cedar !== null && { policy_rules: { cedar } }) })
  if (parsed.success) return { file: name, said: parsed.data }
  const [issue] = parsed.error.issues
  if (issue?.path.join() === 'policy_rules' && cedar === null)
    throw new UsageError(`${path}: there are no policy_rules in it, and no ${basename(name, '.json')}.cedar beside it`)
  throw new UsageError(`${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it is no policy'}`)
}

function objectIn(text: string, path: string): object {
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json === 'object' && json !== null) return json
  } catch {
    // told below
  }
  throw new UsageError(`${path} is not a JSON object`)
}

/** Names of files in a folder for names of policies, in order: that which a policy has there, else one that is free. */
export async function fileNamesOf(folder: string, names: readonly string[]): Promise<string[]> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw cannotWrite(folder, error)
  })
  const there = new Map(
    (await readPolicyFiles(folder)).map(({ file, said }) => [said.policy_name, basename(file, '.json')]),
  )
  const taken = new Set(there.values())
  return names.map((name) => {
    const held = there.get(name)
    if (held !== undefined) return held
    const plain = fileNameOf(name)
    let free = plain
    for (let n = 2; taken.has(free); n++) free = `${plain}-${n}`
    taken.add(free)
    return free
  })
}

/** A name that every file system takes. */
function fileNameOf(name: string): string {
  const plain = name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  return plain === '' ? 'policy' : plain.slice(0, 100)
}

function timeOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text)
}

/** The same for the same content, whatever the order of names and the line that a file ends with. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, one: unknown) => {
    if (typeof one === 'string') return one.trimEnd()
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one
    return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
