import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { UsageError } from './output.ts'
import { program } from './shell.ts'

export interface Arguments {
  words: string[]
  options: Record<string, string | boolean | undefined>
}

/** One command of the table in commands.ts. */
export interface Command {
  /** As it is typed, such as `audit send`. */
  name: string
  /** What follows the name. */
  usage: string
  about: string
  /** More than one line in a list can hold; -h says it. */
  more?: string
  example: string
  options: ParseArgsOptionsConfig
  /** How many words it takes. */
  words: { least: number; most: number }
  /** Answers the exit code. */
  run(given: Arguments): Promise<number>
}

/** Parses what follows a command's name. Throws UsageError. */
export function parseCommand(command: Command, argv: string[]): Arguments & { help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { ...command.options, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
    const options = values as Arguments['options']
    if (options.help) return { words: [], options, help: true }
    const { least, most } = command.words
    const extra = positionals[most]
    if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many\n${usageOf(command)}`)
    if (positionals.length < least)
      throw new UsageError(
        `${command.usage.split(' ').find((word) => /^[A-Z]/.test(word))} is missing\n${usageOf(command)}`,
      )
    return { words: positionals, options, help: false }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${(error as Error).message.split('. To specify')[0]}\n${usageOf(command)}`)
  }
}

export function usageOf({ name, usage }: Command): string {
  return `usage: ${program()} ${name} ${usage}`
}

/** Whether the result is asked for as JSON, by the words alone: also where they are wrong. */
export function asksJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end === -1 ? argv.length : end).includes('--json')
}

/** An option that must be there. */
export function required(given: Arguments, name: string): string {
  const value = given.options[name]
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is missing`)
  return value
}

/** A text option, or undefined. */
export function optional(given: Arguments, name: string): string | undefined {
  const value = given.options[name]
  return typeof value === 'string' ? value : undefined
}
