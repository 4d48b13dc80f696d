import type { Command } from './command.ts'
import { auditCheckpoint } from './commands/audit-checkpoint.ts'
import { auditExport } from './commands/audit-export.ts'
import { auditKey } from './commands/audit-key.ts'
import { auditReceipt } from './commands/audit-receipt.ts'
import { auditSearch } from './commands/audit-search.ts'
import { auditSend } from './commands/audit-send.ts'
import { auditTail } from './commands/audit-tail.ts'
import { auditVerify } from './commands/audit-verify.ts'
import { config } from './commands/config.ts'
import { doctor } from './commands/doctor.ts'
import { down } from './commands/down.ts'
import { init } from './commands/init.ts'
import { keyRotate, keyTurnAnchor } from './commands/key-rotate.ts'
import { policyApply, policyDiff, policyPull, policyTest } from './commands/policy.ts'
import { policyFormat } from './commands/policy-format.ts'
import { subjectErase } from './commands/subject-erase.ts'
import {
  tenantAcceptRollback,
  tenantCreate,
  tenantLink,
  tenantList,
  tenantReactivate,
  tenantSuspend,
} from './commands/tenant.ts'
import { tokenCreate, tokenList, tokenRevoke } from './commands/token.ts'
import { up } from './commands/up.ts'
import {
  userAccept,
  userDeactivate,
  userInvite,
  userInviteAgain,
  userList,
  userReactivate,
  userSuspend,
  userUnlock,
} from './commands/user.ts'

/** Every command but verify, which the verifier's package has. */
export const COMMANDS: readonly Command[] = [
  up,
  down,
  doctor,
  config,
  init,
  auditSend,
  auditSearch,
  auditTail,
  auditVerify,
  auditReceipt,
  auditExport,
  auditCheckpoint,
  auditKey,
  subjectErase,
  userInvite,
  userInviteAgain,
  userAccept,
  userList,
  userSuspend,
  userReactivate,
  userDeactivate,
  userUnlock,
  policyPull,
  policyTest,
  policyFormat,
  policyDiff,
  policyApply,
  tokenCreate,
  tokenList,
  tokenRevoke,
  tenantCreate,
  tenantList,
  tenantSuspend,
  tenantReactivate,
  tenantLink,
  tenantAcceptRollback,
  keyRotate,
  keyTurnAnchor,
]

/** The command that the first words name, with the words that follow it. */
export function findCommand(argv: readonly string[]): { command: Command; rest: string[] } | null {
  for (const command of COMMANDS) {
    const length = command.name.split(' ').length
    if (argv.slice(0, length).join(' ') === command.name) return { command, rest: argv.slice(length) }
  }
  return null
}
