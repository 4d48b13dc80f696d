/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, unavailable: 3 } as const

/** Says something to the person who watches; never on stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** The result: one JSON object on the last line of stdout with --json, else lines for people. */
export function result(json: boolean, value: object, lines: string[]): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join(''))
}

/** Wrong words on the command line. */
export class UsageError extends Error {}

/** What was asked could not be done or looked at: no such file, no server, no token. */
export class UnavailableError extends Error {}
