import { CLIENT_OPTIONS, client } from '../client.ts'
import type { Command } from '../command.ts'
import { EXIT, plural, result } from '../output.ts'

export const keyRotate: Command = {
  name: 'key rotate',
  usage: '[--json]',
  about: 'Turn to the next key epoch: re-wrap every data key and destroy the old epoch; goes on where it was killed',
  example: 'probity key rotate',
  options: CLIENT_OPTIONS,
  words: { least: 0, most: 0 },
  async run(given) {
    const done = await client(given).rotateKeys()
    const destroyed = done.destroyed
      ? 'the old epoch is destroyed'
      : 'the root key of this installation cannot destroy its old epoch itself'
    result(given.options.json === true, done, [
      `epoch ${done.epoch}: ${plural(done.rewrapped, 'key')} re-wrapped; ${destroyed}`,
    ])
    return EXIT.done
  },
}

export const keyTurnAnchor: Command = {
  name: 'key turn-anchor',
  usage: '[--json]',
  about: "Turn to the next signing key of the installation's anchor log; both sign while they overlap",
  example: 'probity key turn-anchor',
  options: CLIENT_OPTIONS,
  words: { least: 0, most: 0 },
  async run(given) {
    const done = await client(given).turnAnchorKey()
    result(given.options.json === true, done, done.keys)
    return EXIT.done
  },
}
