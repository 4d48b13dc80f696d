/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, unavailable: 3 } as const

/** The same for people, as README.md has it. */
export const EXIT_TABLE = `Exit codes:
  0: done, or verified
  1: refused or failed, or not verified
  2: wrong usage: a word, an option or a setting
  3: could not be checked or reached: no such file, no answer, no database
`

/** Says something to the person who watches; never on stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** The result: one JSON object on the last line of stdout with --json, else lines for people. */
export function result(json: boolean, value: object, lines: string[]): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join(''))
}

/** `1 key`, `2 keys`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** Why a command ends with another code than 0: a sentence for people, a code for programs. */
export class Failure extends Error {
  readonly code: string
  readonly exit: number
  /** Whether the sentence has been said already, by the server's own process. */
  readonly said: boolean

  constructor(code: string, message: string, exit: number = EXIT.failed, said = false) {
    super(message)
    this.code = code
    this.exit = exit
    this.said = said
  }

  /** What --json prints: the first line, for what follows it is help. */
  get json(): { error: string; message: string; exit_code: number } {
    return { error: this.code, message: this.message.split('\n')[0] ?? '', exit_code: this.exit }
  }
}

/** Wrong words on the command line. */
export class UsageError extends Failure {
  constructor(message: string) {
    super('USAGE', message, EXIT.usage)
  }
}

/** What was asked could not be done or looked at: no such file, no server, no token. */
export class UnavailableError extends Failure {
  constructor(message: string) {
    super('UNAVAILABLE', message, EXIT.unavailable)
  }
}
