// A site that is built from its sources where they changed since, into a folder that the server takes it from.
import { createHash } from 'node:crypto'
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pid } from 'node:process'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Digest of what it was built from. */
const MADE_OF = '.made-of'
const COMPRESSED = /\.(js|css|svg|json)$/

export interface Site {
  /** Its folder in .probity. */
  name: string
  /** Globs of all that it is made of, from the root. */
  sources: readonly string[]
  /** Builds it into a folder. */
  build(folder: string): Promise<void>
}

/** Answers the folder; builds nothing where it is of these sources already. */
export async function builtSite({ name, sources, build }: Site): Promise<string> {
  const folder = join(ROOT, '.probity', name)
  const digest = digestOf(sources)
  if (digest === known(folder)) return folder
  // Beside, and then in its place: who builds at the same time, or is cut off, leaves nothing half done.
  const made = `${folder}.${pid}`
  await build(made)
  compress(made)
  writeFileSync(join(made, MADE_OF), digest)
  rmSync(folder, { recursive: true, force: true })
  renameSync(made, folder)
  return folder
}

function digestOf(sources: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of globSync([...sources, 'package-lock.json'], { cwd: ROOT }).sort())
    hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)))
  return hash.digest('hex')
}

function known(folder: string): string {
  try {
    return readFileSync(join(folder, MADE_OF), 'utf8')
  } catch {
    return ''
  }
}

/** Beside each file what the server sends of it to who can read that. */
function compress(folder: string): void {
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
  for (const file of globSync('assets/**/*', { cwd: folder }).filter((name) => COMPRESSED.test(name))) {
    const bytes = readFileSync(join(folder, file))
    writeFileSync(join(folder, `${file}.br`), brotliCompressSync(bytes, options))
    writeFileSync(join(folder, `${file}.gz`), gzipSync(bytes, { level: 9 }))
  }
}
