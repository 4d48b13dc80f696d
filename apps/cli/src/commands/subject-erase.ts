import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Command, optional } from '../command.ts'
import { writeOut } from '../file.ts'
import { oneOf } from '../options.ts'
import { EXIT, plural, result, UsageError } from '../output.ts'

export const subjectErase: Command = {
  name: 'subject erase',
  usage:
    'SUBJECT --yes [--all] [--method CryptographicErasure|PhysicalDeletion] [--legal-basis TEXT] [--out FILE] [--json]',
  about: 'Erase a person for good: their keys are destroyed, every proof still holds',
  example: 'probity subject erase pedro --yes',
  options: {
    ...CLIENT_OPTIONS,
    yes: { type: 'boolean' },
    all: { type: 'boolean' },
    method: { type: 'string' },
    'legal-basis': { type: 'string' },
    out: { type: 'string' },
  },
  words: { least: 1, most: 1 },
  async run(given) {
    if (given.options.yes !== true) throw new UsageError('this cannot be undone; say --yes')
    const method = oneOf(given, 'method', ['CryptographicErasure', 'PhysicalDeletion'] as const)
    const basis = optional(given, 'legal-basis')
    const certificate = await client(given).erase(given.words[0] ?? '', {
      all: given.options.all === true,
      ...(method && { erasure_method: method }),
      ...(basis && { legal_basis: basis }),
    })
    const out = optional(given, 'out')
    if (out !== undefined) await writeOut(out, `${certificate.proof_of_erasure}\n${certificate.receipt}`)
    result(given.options.json === true, certificate, [
      `${plural(certificate.keys_destroyed.length, 'key')} destroyed, ${plural(certificate.affected_data_count, 'sealed part')} can no longer be opened.`,
      `Unrecoverable after ${certificate.unrecoverable_after}, when the last backup of the keystore is gone.`,
      '',
      out === undefined
        ? certificate.proof_of_erasure.trimEnd()
        : `The certificate is in ${out}; it verifies like a receipt.`,
    ])
    return EXIT.done
  },
}
