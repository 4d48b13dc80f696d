import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { deriveKey, hmacSha256, unwrapKey, wrapKey } from './ciphers.ts'

/** Where the root key lives. Every adapter (file, environment, PKCS#11, KMS) offers this. */
export interface RootKey {
  /** The epoch under which new keys are wrapped. */
  current(): number
  wrap(epoch: number, key: Uint8Array): Promise<Buffer>
  unwrap(epoch: number, wrapped: Uint8Array): Promise<Buffer>
  /** 32 bytes that tell whether this is the key that an installation was made with. */
  checkValue(epoch: number): Promise<Buffer>
  /** Begins the next epoch; durable when it returns. An adapter that can't answers the current one. */
  turn(): Promise<number>
  /** Destroys an epoch for good; an adapter that can't does nothing. */
  destroy(epoch: number): Promise<void>
  /** Whether destroy really destroys. */
  readonly destroys: boolean
}

/** Root key from the environment: one epoch, which cannot be destroyed from here. */
export function environmentRoot(key: Uint8Array): RootKey {
  return rootOf(key, new Map([[1, new Uint8Array()]]))
}

/**
 * Root key in a file, with one random secret an epoch in a second file beside it. A key wrapped under an epoch
 * whose secret is gone stays closed even to who holds the root key and every old page and log of the database.
 */
export async function fileRoot(key: Uint8Array, epochsFile: string): Promise<RootKey> {
  const secrets = await readEpochs(epochsFile)
  if (secrets.size === 0) {
    secrets.set(1, randomBytes(32))
    await writeEpochs(epochsFile, secrets)
  }
  return rootOf(key, secrets, () => writeEpochs(epochsFile, secrets))
}

function rootOf(key: Uint8Array, secrets: Map<number, Uint8Array>, save?: () => Promise<void>): RootKey {
  const keyOf = (epoch: number): Buffer => {
    const secret = secrets.get(epoch)
    if (!secret) throw new Error(`epoch ${epoch} of the root key does not exist here`)
    return deriveKey(key, 'probity/root', secret)
  }
  const current = () => Math.max(...secrets.keys())
  return {
    destroys: save !== undefined,
    current,
    wrap: async (epoch, inner) => wrapKey(keyOf(epoch), inner),
    unwrap: async (epoch, wrapped) => unwrapKey(keyOf(epoch), wrapped),
    checkValue: async (epoch) => hmacSha256(keyOf(epoch), 'probity/root-check'),
    async turn() {
      if (!save) return current()
      const next = current() + 1
      secrets.set(next, randomBytes(32))
      await save()
      return next
    },
    async destroy(epoch) {
      if (!save || epoch === current()) return
      secrets.delete(epoch)
      await save()
    },
  }
}

async function readEpochs(file: string): Promise<Map<number, Uint8Array>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  const entries = Object.entries(JSON.parse(text) as Record<string, string>)
  return new Map(entries.map(([epoch, secret]) => [Number(epoch), Buffer.from(secret, 'base64')]))
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
