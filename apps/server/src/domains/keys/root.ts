import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { deriveKey, hmacSha256, unwrapKey, wrapKey } from './ciphers.ts'

/** The root key is not the one that the keystore was made with, or its epochs are lost. One sentence for people. */
export class RootKeyError extends Error {}

/** Where the root key lives. Every adapter (file, environment, PKCS#11, KMS) offers this. */
export interface RootKey {
  /** Where its epochs are kept, for messages. */
  readonly place: string
  /** Whether destroy really destroys. */
  readonly destroys: boolean
  /** Epochs that exist here, ascending; none in a new installation. */
  epochs(): number[]
  wrap(epoch: number, key: Uint8Array): Promise<Buffer>
  unwrap(epoch: number, wrapped: Uint8Array): Promise<Buffer>
  /** 32 bytes that tell whether this is the key that an installation was made with. */
  checkValue(epoch: number): Promise<Buffer>
  /** Begins the next epoch; durable when it returns. An adapter that can't answers the current one. */
  turn(): Promise<number>
  /** Destroys an epoch for good; an adapter that can't does nothing. */
  destroy(epoch: number): Promise<void>
}

/** The epoch under which new keys are wrapped; 0 in a new installation. */
export function currentEpoch(root: RootKey): number {
  return root.epochs().at(-1) ?? 0
}

/** Root key from the environment: one epoch, which cannot be destroyed from here. */
export function environmentRoot(key: Uint8Array): RootKey {
  return rootOf(key, new Map([[1, new Uint8Array()]]), null)
}

/**
 * Root key in a file, with one random secret an epoch in a second file beside it. A key wrapped under an epoch
 * whose secret is gone stays closed even to who holds the root key and every old page and log of the database.
 * Throws RootKeyError when the epochs' file can't be read; one that is missing has no epochs.
 */
export async function fileRoot(key: Uint8Array, epochsFile: string): Promise<RootKey> {
  return rootOf(key, await readEpochs(epochsFile), epochsFile)
}

function rootOf(key: Uint8Array, secrets: Map<number, Uint8Array>, file: string | null): RootKey {
  const epochs = () => [...secrets.keys()].sort((a, b) => a - b)
  const keyOf = async (epoch: number): Promise<Buffer> => {
    // Another node may have turned the epoch since.
    if (!secrets.has(epoch) && file !== null)
      for (const [one, secret] of await readEpochs(file)) secrets.set(one, secret)
    const secret = secrets.get(epoch)
    if (!secret) throw new RootKeyError(`epoch ${epoch} of the root key is not in ${file ?? 'the environment'}`)
    return deriveKey(key, 'probity/root', secret)
  }
  return {
    place: file ?? 'the environment',
    destroys: file !== null,
    epochs,
    wrap: async (epoch, inner) => wrapKey(await keyOf(epoch), inner),
    unwrap: async (epoch, wrapped) => unwrapKey(await keyOf(epoch), wrapped),
    checkValue: async (epoch) => hmacSha256(await keyOf(epoch), 'probity/root-check'),
    async turn() {
      const last = epochs().at(-1) ?? 0
      if (file === null) return last
      secrets.set(last + 1, randomBytes(32))
      await writeEpochs(file, secrets)
      return last + 1
    },
    async destroy(epoch) {
      if (file === null || epoch === epochs().at(-1)) return
      secrets.delete(epoch)
      await writeEpochs(file, secrets)
    },
  }
}

async function readEpochs(file: string): Promise<Map<number, Uint8Array>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw new RootKeyError(`the root key's epochs ${file} cannot be read (${error.code})`)
  })
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, string>)
    return new Map(entries.map(([epoch, secret]) => [Number(epoch), Buffer.from(secret, 'base64')]))
  } catch {
    throw new RootKeyError(`the root key's epochs ${file} are damaged; put them back from your copy`)
  }
}

// Written whole beside the old file, synced and renamed: a crash leaves either the old secrets or the new.
// The old file is overwritten first where a destroyed secret must not survive in a freed block.
async function writeEpochs(file: string, secrets: Map<number, Uint8Array>): Promise<void> {
  const text = JSON.stringify(
    Object.fromEntries([...secrets].map(([epoch, secret]) => [epoch, Buffer.from(secret).toString('base64')])),
  )
  const next = `${file}.next`
  const old = await open(file, 'r+').catch(() => null)
  const handle = await open(next, 'w', 0o600)
  await handle.writeFile(text)
  await handle.sync()
  await handle.close()
  await rename(next, file)
  const directory = await open(dirname(file), 'r')
  await directory.sync()
  await directory.close()
  if (!old) return
  const { size } = await old.stat()
  await old.write(Buffer.alloc(size), 0, size, 0)
  await old.sync()
  await old.close()
}
