import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from './config.ts'
import { StartError } from './platform/database/start-error.ts'

export interface RootKeyMaterial {
  /** 32 bytes. */
  key: Buffer
  /** File of the epochs beside a key in a file; null for a key from the environment. */
  epochsFile: string | null
}

/**
 * The root key: from the environment, or from its file, which is made when the installation is new. `isNew` tells
 * whether it is: where there is a database already, a missing file is a lost key and not a reason to make one.
 */
export async function readRootKey(config: Config, isNew: () => Promise<boolean>): Promise<RootKeyMaterial> {
  if (config.root_key !== undefined) return { key: Buffer.from(config.root_key, 'base64'), epochsFile: null }
  const file = config.root_key_file ?? join(config.data, 'root.key')
  if (!existsSync(file)) {
    if (!(await isNew()))
      throw new StartError(
        `the root key ${file} is lost; put it back from your copy: without it nothing sealed can be read`,
      )
    await writeDurably(file, `${randomBytes(32).toString('base64')}\n`)
  }
  const { mode } = await stat(file)
  if ((mode & 0o077) !== 0) throw new StartError(`the root key ${file} can be read by others; run chmod 600 on it`)
  const text = (await readFile(file, 'utf8')).trim()
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) throw new StartError(`the root key ${file} is not 32 bytes in base64`)
  return { key: Buffer.from(text, 'base64'), epochsFile: `${file}.epochs` }
}

// Written under another name and linked: a full disk or a crash leaves no half a key, and no key is ever replaced.
async function writeDurably(file: string, text: string): Promise<void> {
  const next = `${file}.${process.pid}`
  try {
    const handle = await open(next, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await link(next, file)
  } finally {
    await rm(next, { force: true })
  }
  const folder = await open(dirname(file), 'r')
  await folder.sync()
  await folder.close()
}
