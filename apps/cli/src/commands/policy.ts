import type { Policy, PolicyVersion } from '@probity/contract'
import { type Probity, ProbityError } from '@probity/sdk'
import { CLIENT_OPTIONS, client } from '../client.ts'
import type { Arguments, Command } from '../command.ts'
import { failureOf } from '../failure.ts'
import { EXIT, Failure, plural, result } from '../output.ts'
import { differing, fileNamesOf, type PolicyFile, readPolicyFiles, saidBy, writePolicyFile } from '../policy-files.ts'

const FOLDER = 'policies'
const FILES = `A policy is NAME.json, and of type Access NAME.cedar beside it; the folder is ${FOLDER} unless it is named.`

export const policyPull: Command = {
  name: 'policy pull',
  usage: '[FOLDER] [--json]',
  about: 'Write the newest version of every policy to files, for a repository',
  more: FILES,
  example: 'probity policy pull policies',
  options: CLIENT_OPTIONS,
  words: { least: 0, most: 1 },
  async run(given) {
    const all = await policiesOf(client(given))
    const names = await fileNamesOf(
      folderOf(given),
      all.map(({ policy_name }) => policy_name),
    )
    const files = await Promise.all(
      all.map(async (policy, i) => {
        const file = await writePolicyFile(folderOf(given), names[i] ?? '', saidBy(policy))
        return { file, policy_name: policy.policy_name, version: policy.version, state: policy.state }
      }),
    )
    const lines = files.map((one) => `${one.file}  version ${one.version}, ${one.state}`)
    result(given.options.json === true, { policies: files }, [
      ...lines,
      `${plural(files.length, 'policy', 'policies')} written.`,
    ])
    return EXIT.done
  },
}

export const policyTest: Command = {
  name: 'policy test',
  usage: '[FOLDER] [--json]',
  about: 'Run the tests beside the rules of policies in files; nothing is written to the server',
  more: FILES,
  example: 'probity policy test policies --json',
  options: CLIENT_OPTIONS,
  words: { least: 0, most: 1 },
  async run(given) {
    const server = client(given)
    const tested = []
    const files = await readPolicyFiles(folderOf(given))
    if (files.length === 0) throw new Failure('NO_POLICY', `there is no policy in ${folderOf(given)}`)
    for (const one of files) tested.push(await testOne(server, one))
    const isFine = tested.every(({ failed, error }) => failed === 0 && error === null)
    const lines = tested.flatMap(({ file, passed, failed, error, results }) => [
      `${file}  ${error ?? `${passed} passed, ${failed} failed`}`,
      ...results
        .filter(({ expected, decision }) => expected !== decision)
        .map(
          (one) =>
            `  ${one.name}: expected ${one.expected}, is ${one.decision}${one.errors.map((why) => `; ${why}`).join('')}`,
        ),
    ])
    result(given.options.json === true, { passed: isFine, policies: tested }, lines)
    return isFine ? EXIT.done : EXIT.failed
  },
}

export const policyDiff: Command = {
  name: 'policy diff',
  usage: '[FOLDER] [--json]',
  about: 'Show where files and the newest versions on the server differ; ends with 1 where they do',
  more: FILES,
  example: 'probity policy diff policies',
  options: CLIENT_OPTIONS,
  words: { least: 0, most: 1 },
  async run(given) {
    const compared = await compare(client(given), folderOf(given))
    const changed = compared.filter(({ state }) => state !== 'same')
    const lines = changed.map(
      ({ policy_name, state, fields }) => `${policy_name}: ${TOLD[state]}${fields.map((one) => ` ${one}`).join(',')}`,
    )
    const shown = compared.map(({ held: _, local: __, ...one }) => one)
    result(given.options.json === true, { differences: changed.length, policies: shown }, [
      ...lines,
      ...compared
        .filter(isWaitingFor)
        .map(({ policy_name, held }) => `${policy_name}: version ${held?.version}, ${held?.state}, does not count yet`),
      changed.length === 0
        ? 'Files and server say the same.'
        : `${plural(changed.length, 'policy differs', 'policies differ')}.`,
    ])
    return changed.length === 0 ? EXIT.done : EXIT.failed
  },
}

export const policyApply: Command = {
  name: 'policy apply',
  usage: '[FOLDER] [--submit] [--accept-warnings] [--json]',
  about: 'Write what differs in files to the server as drafts, and with --submit ask for their approval',
  more: `${FILES} Nobody approves what they wrote: that takes somebody else, who has logged in.`,
  example: 'probity policy apply policies --submit',
  options: { ...CLIENT_OPTIONS, submit: { type: 'boolean' }, 'accept-warnings': { type: 'boolean' } },
  words: { least: 0, most: 1 },
  async run(given) {
    const server = client(given)
    const applied = []
    const isSubmitting = given.options.submit === true
    // A draft that was written before waits for its submission still.
    const isWaiting = ({ state, held }: Compared) => state === 'same' && isSubmitting && held?.state === 'draft'
    const all = await compare(server, folderOf(given))
    const local = all.flatMap((one) => (one.local === null ? [] : { ...one, local: one.local }))
    const due = local.filter((one) => one.state !== 'same' || isWaiting(one))
    await requireFine(server, due, isSubmitting)
    for (const one of due) {
      const { id, policy_name, version, state } =
        isWaiting(one) && one.held ? one.held : await write(server, one.local, one.held)
      const done = isSubmitting ? await submit(server, { id, policy_name, version }, given) : { state }
      applied.push({ id, policy_name, version, state: done.state })
    }
    const lines = applied.map(({ policy_name, version, state }) => `${policy_name}: version ${version}, ${state}`)
    result(given.options.json === true, { policies: applied }, [
      ...lines,
      applied.length === 0
        ? 'Nothing differs.'
        : `${plural(applied.length, 'version')} ${isSubmitting ? 'submitted' : 'written'}.`,
    ])
    return EXIT.done
  },
}

/** Before anything is written: of several files none is half of what was meant. Throws a Failure that names each that is not. */
async function requireFine(
  server: Probity,
  all: readonly { local: PolicyFile }[],
  isSubmitting: boolean,
): Promise<void> {
  const wrong: string[] = []
  for (const { local } of all) {
    const { file, error, passed, failed } = await testOne(server, local)
    if (error !== null) wrong.push(`${file}: ${error}`)
    else if (isSubmitting && failed > 0)
      wrong.push(`${file}: ${plural(failed, 'test')} failed; ./probity policy test shows which`)
    else if (isSubmitting && passed === 0 && local.said.policy_type === 'Access')
      wrong.push(`${file}: it has no tests, and what is submitted has at least one`)
  }
  if (wrong.length > 0) throw new Failure('VALIDATION_FAILED', `${wrong.join('; ')}. Nothing was written.`)
}

function write(server: Probity, { said }: PolicyFile, held: Policy | null): Promise<Policy> {
  if (held === null) return server.createPolicy(said)
  const { policy_name: _, policy_type: __, ...changed } = said
  return server.changePolicy(held.id, { ...changed, version: held.version })
}

async function submit(
  server: Probity,
  { id, policy_name, version }: Pick<Policy, 'id' | 'policy_name' | 'version'>,
  given: Arguments,
): Promise<PolicyVersion> {
  return server.submitPolicy(id, version, given.options['accept-warnings'] === true).catch((error: unknown) => {
    if (!(error instanceof ProbityError) || error.code !== 'POLICY_WARNINGS') throw error
    const findings = (error.details.findings ?? []) as { kind: string; message: string }[] // as the server tells them
    const told = findings.map(({ kind, message }) => `${kind}: ${message}`).join('; ')
    throw new Failure(
      error.code,
      `${policy_name}, version ${version}, is a draft still: ${told}; mend it, or add --accept-warnings`,
    )
  })
}

const TOLD = { same: '', new: 'only in the files', changed: 'differs in', only_on_server: 'only on the server' }

interface Compared {
  policy_name: string
  file: string | null
  state: keyof typeof TOLD
  fields: string[]
  version: number | null
  current_version: number | null
  local: PolicyFile | null
  held: Policy | null
}

/** Files by their names, then what only the server has. */
async function compare(server: Probity, folder: string): Promise<Compared[]> {
  const files = await readPolicyFiles(folder)
  const all = new Map((await policiesOf(server)).map((policy) => [policy.policy_name, policy]))
  const compared = files.map((local): Compared => {
    const held = all.get(local.said.policy_name) ?? null
    all.delete(local.said.policy_name)
    const fields = held === null ? [] : differing(local.said, saidBy(held))
    const state = held === null ? 'new' : fields.length > 0 ? 'changed' : 'same'
    return { ...versionsOf(held), policy_name: local.said.policy_name, file: local.file, state, fields, local, held }
  })
  const others = [...all.values()].map((held): Compared => {
    return {
      ...versionsOf(held),
      policy_name: held.policy_name,
      file: null,
      state: 'only_on_server',
      fields: [],
      local: null,
      held,
    }
  })
  return [...compared, ...others]
}

function isWaitingFor({ held }: Compared): boolean {
  return held !== null && held.state !== 'approved'
}

function versionsOf(held: Policy | null) {
  return { version: held?.version ?? null, current_version: held?.current_version ?? null }
}

async function testOne(server: Probity, { file, said: { policy_name, policy_type, policy_rules, tests } }: PolicyFile) {
  const nothing = { passed: 0, failed: 0, results: [] }
  try {
    const tested = await server.checkPolicy({ policy_type, policy_rules, tests })
    return { file, policy_name, ...tested, error: null }
  } catch (error) {
    if (error instanceof ProbityError && error.code === 'VALIDATION_FAILED')
      return { file, policy_name, ...nothing, error: failureOf(error).message }
    throw error
  }
}

async function policiesOf(server: Probity): Promise<Policy[]> {
  const all: Policy[] = []
  for await (const policy of server.policies({ limit: 200 })) all.push(policy)
  return all
}

function folderOf(given: Arguments): string {
  return given.words[0] ?? FOLDER
}
