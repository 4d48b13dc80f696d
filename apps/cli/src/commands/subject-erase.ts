import { CLIENT_OPTIONS, client } from '../client.ts'
import { type Command, optional } from '../command.ts'
import { oneOf } from '../options.ts'
import { EXIT, plural, result, UsageError } from '../output.ts'

export const subjectErase: Command = {
  name: 'subject erase',
  usage: 'SUBJECT --yes [--all] [--method CryptographicErasure|PhysicalDeletion] [--legal-basis TEXT] [--json]',
  about: 'Erase a person for good: their keys are destroyed, every proof still holds',
  example: 'probity subject erase pedro --yes',
  options: {
    ...CLIENT_OPTIONS,
    yes: { type: 'boolean' },
    all: { type: 'boolean' },
    method: { type: 'string' },
    'legal-basis': { type: 'string' },
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
    result(given.options.json === true, certificate, [
      `${plural(certificate.keys_destroyed.length, 'key')} destroyed, ${plural(certificate.affected_data_count, 'sealed part')} can no longer be opened.`,
      `Unrecoverable after ${certificate.unrecoverable_after}, when the last backup of the keystore is gone.`,
      '',
      certificate.proof_of_erasure.trimEnd(),
    ])
    return EXIT.done
  },
}
