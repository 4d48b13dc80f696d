import { CLIENT_HELP } from './client.ts'
import { type Command, usageOf } from './command.ts'
import { COMMANDS } from './commands.ts'
import { EXIT_TABLE } from './output.ts'
import { program } from './shell.ts'

const VERIFY = { name: 'verify', about: 'Verify a receipt or an export, offline' }

/** What `-h` alone says. */
export function overview(): string {
  const called = program()
  return `${called} COMMAND [-h]

${table([...COMMANDS, VERIFY])}

${called} COMMAND -h shows one command, ${called} audit -h a group of them, ${called} --version the version.
With --json the last line of stdout is one JSON object, also of a failure: {"error","message","exit_code"}.
${CLIENT_HELP}
${EXIT_TABLE}`
}

/** What `audit -h` says, or null where no command begins so. */
export function groupHelp(group: string | undefined): string | null {
  const members = COMMANDS.filter(({ name }) => name.startsWith(`${group} `))
  if (members.length === 0) return null
  return `${program()} ${group} COMMAND [-h]\n\n${table(members)}\n\n${EXIT_TABLE}`
}

/** What -h of a command says. */
export function commandHelp(command: Command): string {
  const { about, more, example, options } = command
  const server = 'url' in options && command.name !== 'init' ? `\n${CLIENT_HELP}` : ''
  const shown = example.replace(/^probity/, program())
  return `${about}.\n${more === undefined ? '' : `${more}\n`}\n${usageOf(command)}\nexample: ${shown}\n${server}\n${EXIT_TABLE}`
}

/** The command that was probably meant, or null. */
export function nearest(argv: readonly string[]): string | null {
  const [first = '', second] = argv
  const two = second === undefined || second.startsWith('-') ? null : `${first} ${second}`
  const steps = (name: string) => {
    if (two !== null && name.includes(' ')) return distance(two, name)
    return Math.min(...[name, ...name.split(' ')].map((part) => distance(first, part)))
  }
  const names = [...COMMANDS.map(({ name }) => name), VERIFY.name]
  const [best] = names.map((name) => ({ name, steps: steps(name) })).sort((a, b) => a.steps - b.steps)
  return best && best.steps <= Math.max(1, Math.floor(first.length / 2)) ? best.name : null
}

function table(commands: readonly Pick<Command, 'name' | 'about'>[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return commands.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n')
}

/** How many letters lie between two words (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1]
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] ?? 0) + (to[j] === letter ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
