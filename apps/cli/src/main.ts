import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { main as verify } from '@probity/verifier/cli'
import { asksJson, parseCommand } from './command.ts'
import { findCommand } from './commands.ts'
import { failureOf } from './failure.ts'
import { codeOf, reason } from './file.ts'
import { commandHelp, groupHelp, nearest, overview } from './help.ts'
import { EXIT, result, say, UsageError } from './output.ts'
import { program } from './shell.ts'

const argv = process.argv.slice(2)

process.stdout.on('error', notPrinted)
process.stderr.on('error', () => undefined) // nobody watches any more
process.on('uncaughtException', (error) => process.exit(tell(error)))
process.exitCode = await main().catch(tell)

async function main(): Promise<number> {
  if (argv[0] === 'verify') return verify(argv.slice(1), `${program()} verify`)
  const found = findCommand(argv)
  if (!found) return withoutCommand(argv)
  const given = parseCommand(found.command, found.rest)
  if (!given.help) return found.command.run(given)
  process.stdout.write(commandHelp(found.command))
  return EXIT.done
}

function withoutCommand([first, ...rest]: readonly string[]): number {
  if (first === '--version' || first === '-V' || first === 'version') return version()
  const asks = first === 'help' || [first, ...rest].some((word) => word === '-h' || word === '--help')
  if (first === 'help' && rest.length > 0) return helpOf(rest)
  if (first === undefined || (asks && (first === 'help' || first.startsWith('-')))) {
    process.stdout.write(overview())
    return EXIT.done
  }
  const group = groupHelp(first)
  if (group !== null && asks) {
    process.stdout.write(group)
    return EXIT.done
  }
  const near = nearest([first, ...rest])
  const unknown =
    group !== null && (rest[0] === undefined || rest[0].startsWith('-'))
      ? `"${first}" is a group of commands`
      : `there is no command "${[first, ...rest.slice(0, group === null ? 0 : 1)].join(' ')}"`
  const hint = near === null ? '' : `; did you mean "${near}"?`
  throw new UsageError(`${unknown}${hint}\n${group ?? `${program()} -h lists the commands`}`.trimEnd())
}

function helpOf(words: string[]): number {
  const found = findCommand(words)
  const text = found ? commandHelp(found.command) : groupHelp(words[0])
  if (text === null) throw new UsageError(`there is no command "${words.join(' ')}"; ${program()} -h lists them`)
  process.stdout.write(text)
  return EXIT.done
}

function version(): number {
  const manifest = readFileSync(join(import.meta.dirname, '..', '..', '..', 'package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  result(asksJson(argv), { version }, [`probity ${version}`])
  return EXIT.done
}

/** Says why a command failed: a sentence on stderr, with --json an object on stdout too. Answers the exit code. */
function tell(error: unknown): number {
  const failure = failureOf(error, findCommand(argv)?.command.options)
  if (!failure.said) say(failure.message)
  if (asksJson(argv)) result(true, failure.json, [])
  return failure.exit
}

// Who reads may stop early, as head does: what was done stays done, and what was found keeps its exit code.
function notPrinted(error: Error): void {
  if (codeOf(error) === 'EPIPE') return
  say(`the output cannot be written: ${reason(error)}`)
  process.exit(EXIT.failed)
}
