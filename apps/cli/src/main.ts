import { ProbityError } from '@probity/sdk'
import { main as verify } from '@probity/verifier/cli'
import { type Command, parseCommand } from './command.ts'
import { auditExport } from './commands/audit-export.ts'
import { auditKey } from './commands/audit-key.ts'
import { auditReceipt } from './commands/audit-receipt.ts'
import { auditSearch } from './commands/audit-search.ts'
import { auditSend } from './commands/audit-send.ts'
import { auditTail } from './commands/audit-tail.ts'
import { config } from './commands/config.ts'
import { doctor } from './commands/doctor.ts'
import { down } from './commands/down.ts'
import { init } from './commands/init.ts'
import { keyRotate } from './commands/key-rotate.ts'
import { subjectErase } from './commands/subject-erase.ts'
import { tenantCreate, tenantList, tenantReactivate, tenantSuspend } from './commands/tenant.ts'
import { tokenCreate, tokenList, tokenRevoke } from './commands/token.ts'
import { up } from './commands/up.ts'
import { EXIT, say, UnavailableError, UsageError } from './output.ts'

const COMMANDS: readonly Command[] = [
  up,
  down,
  doctor,
  config,
  init,
  auditSend,
  auditSearch,
  auditTail,
  auditReceipt,
  auditExport,
  auditKey,
  subjectErase,
  tokenCreate,
  tokenList,
  tokenRevoke,
  tenantCreate,
  tenantList,
  tenantSuspend,
  tenantReactivate,
  keyRotate,
]

process.exitCode = await main(process.argv.slice(2))

async function main(argv: string[]): Promise<number> {
  if (argv[0] === 'verify') return verify(argv.slice(1))
  const command = COMMANDS.find(({ name }) => name === argv.slice(0, name.split(' ').length).join(' '))
  if (!command) return unknown(argv)
  try {
    const given = parseCommand(command, argv.slice(command.name.split(' ').length))
    if (given.help) return help(command)
    return await command.run(given)
  } catch (error) {
    return explain(error)
  }
}

function unknown(argv: string[]): number {
  const asked = argv.length === 0 || argv[0] === '-h' || argv[0] === '--help' || argv[0] === 'help'
  if (!asked) say(`there is no command "${argv.slice(0, 2).join(' ')}"`)
  const width = Math.max(...COMMANDS.map(({ name }) => name.length))
  const lines = [
    ...COMMANDS.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    `  ${'verify'.padEnd(width)}  Verify a receipt or an export, offline`,
  ]
  const text = `probity COMMAND [-h]\n\n${lines.join('\n')}\n\nPROBITY_URL and PROBITY_TOKEN say where and as whom. Exit: 0 done, 1 failed, 2 wrong usage, 3 could not be done.\n`
  if (asked) process.stdout.write(text)
  else process.stderr.write(text)
  return asked ? EXIT.done : EXIT.usage
}

function help({ name, usage, about, example }: Command): number {
  process.stdout.write(
    `${about}.\n\nusage: probity ${name} ${usage}\nexample: ${example}\n\nExit: 0 done, 1 failed, 2 wrong usage, 3 could not be done.\n`,
  )
  return EXIT.done
}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    say(error.message)
    return EXIT.usage
  }
  if (error instanceof UnavailableError) {
    say(error.message)
    return EXIT.unavailable
  }
  if (error instanceof ProbityError) {
    const details = Object.keys(error.details).length > 0 ? ` ${JSON.stringify(error.details)}` : ''
    say(`${error.code}: ${error.message}${details} (request ${error.requestId})`)
    return EXIT.failed
  }
  if (error instanceof TypeError && error.message === 'fetch failed') {
    say('the server does not answer; is it up, and is PROBITY_URL right?')
    return EXIT.unavailable
  }
  say(error instanceof Error ? error.message : String(error))
  return EXIT.failed
}
