import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { access, chown, lchown, lstat, mkdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { postgresBinaries, type SystemUser, sharedFolder, unprivilegedUser } from './binaries.ts'
import { keepRunning } from './keep-running.ts'
import type { Connection } from './pools.ts'
import { becomesReady, forgetDeadPostmaster, isPostmasterAlive } from './postmaster.ts'
import { StartError } from './start-error.ts'

/** A PostgreSQL of our own on a Unix socket, in the data folder. */
export interface EmbeddedPostgres {
  /** The cluster's superuser. */
  superuser: Connection
  /** Where the cluster lies. */
  folder: string
  stop(): Promise<void>
}

// Nothing of what people send may reach PostgreSQL's log, so statements and parameters never do. Segments of the
// write-ahead log are deleted and not recycled, so that what was erased does not linger in a renamed one.
const SETTINGS: Record<string, string> = {
  listen_addresses: '',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_compression: 'on',
  wal_recycle: 'off',
  max_connections: '100',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  checkpoint_completion_target: '0.9',
  jit: 'off',
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_min_error_statement: 'panic',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
}

const LEAST_FREE_BYTES = 16 * 1024 * 1024 // one segment of the write-ahead log
/** What PostgreSQL says of it, also where a page was written by half. */
const DISK_FULL = /No space left on device|Check free disk space|wrote only \d+ of \d+ bytes/
const LONGEST_SOCKET_PATH = 103 // sun_path, where it is shortest

/** Starts the cluster of a data folder, made at first; one that a killed server left running is used again. */
export async function startEmbedded(data: string, say: (line: string) => void): Promise<EmbeddedPostgres> {
  const user = unprivilegedUser()
  const programs = await postgresBinaries()
  const folder = await clusterFolder(data, user)
  const sockets = await socketFolder(data, user)
  if (!(await isPostmasterAlive(folder))) await removeSockets(data, user, sockets)
  const password = await ownerPassword(data)
  const run = (program: string, parameters: string[]) => runAs(user, join(programs, program), parameters)
  const start = () => startCluster(run, folder, sockets)
  try {
    if (!existsSync(join(folder, 'PG_VERSION'))) {
      say('making a new database …')
      await initialise(run, folder, sockets, password, user)
    }
    await start()
  } catch (error) {
    if (!(await isPostmasterAlive(folder))) await removeSockets(data, user)
    throw error
  }
  const watch = keepRunning({ isRunning: () => isPostmasterAlive(folder), start, say })
  return {
    superuser: { host: sockets, port: 5432, database: 'postgres', user: 'postgres', password },
    folder,
    async stop() {
      await watch.stop()
      await stopCluster(run, folder)
      if (!(await isPostmasterAlive(folder))) await removeSockets(data, user)
    },
  }
}

async function startCluster(run: Run, folder: string, sockets: string): Promise<void> {
  await forgetDeadPostmaster(folder, sockets)
  if (await becomesReady(folder)) return // a killed server left it, or was just starting it
  const log = clusterLog(folder)
  const options = Object.entries(SETTINGS).map(([name, value]) => `-c ${name}='${value}'`)
  const how = ['-w', '-t', '60', '-s', '-D', folder, '-l', log, '-o', `-k '${sockets}' ${options.join(' ')}`]
  const started = await run('pg_ctl', ['start', ...how])
  if (started.code !== 0 && !(await becomesReady(folder))) throw new StartError(await whyNot(log, folder))
}

/** Stops the PostgreSQL that a killed server left running on a data folder; answers whether there was one. */
export async function stopEmbedded(data: string): Promise<boolean> {
  const user = unprivilegedUser()
  const folder = await findCluster(data, user)
  const stopped = existsSync(join(folder, 'postmaster.pid')) && (await stopLeft(folder, user))
  if (!(await isPostmasterAlive(folder))) await removeSockets(data, user)
  return stopped
}

async function stopLeft(folder: string, user: SystemUser | null): Promise<boolean> {
  const programs = await postgresBinaries()
  const run = (program: string, parameters: string[]) => runAs(user, join(programs, program), parameters)
  if ((await run('pg_ctl', ['status', '-D', folder])).code !== 0) return false
  await stopCluster(run, folder)
  return true
}

async function stopCluster(run: Run, folder: string): Promise<void> {
  await run('pg_ctl', ['stop', '-m', 'fast', '-w', '-t', '60', '-s', '-D', folder])
}

async function clusterFolder(data: string, user: SystemUser | null): Promise<string> {
  const folder = await findCluster(data, user)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (user) await chown(folder, user.uid, user.gid)
  return folder
}

/** Where the cluster of a data folder may lie: within it, or apart. The only place that says so. */
export function clusterFolders(data: string): [own: string, apart: string] {
  return [join(resolve(data), 'postgres'), join(sharedFolder(), `cluster-${shortHash(data)}`)]
}

/** Where the PostgreSQL of a cluster writes what goes wrong. */
export function clusterLog(folder: string): string {
  return join(folder, 'server.log')
}

// A data folder below one that "nobody" can't enter (a root's home) keeps its cluster in the shared folder. Where the
// cluster is it stays, whatever becomes of the rights of the folders above.
async function findCluster(data: string, user: SystemUser | null): Promise<string> {
  const [own, apart] = clusterFolders(data)
  if (user === null || existsSync(join(own, 'PG_VERSION'))) return own
  if (existsSync(join(apart, 'PG_VERSION'))) return apart
  return (await reachableBy(user, data)) ? own : apart
}

async function reachableBy(user: SystemUser, path: string): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder)
    const bits = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & bits) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

// Short ones: the path of a socket has a limit. The temporary folder may be another one at each start.
function socketFolders(data: string): string[] {
  const name = `probity-${process.getuid?.() ?? 0}-${shortHash(data)}`
  const places = [...new Set([tmpdir(), '/tmp'])].map((place) => join(place, name))
  return places.filter((place) => Buffer.byteLength(`${place}/.s.PGSQL.5432`) <= LONGEST_SOCKET_PATH)
}

async function socketFolder(data: string, user: SystemUser | null): Promise<string> {
  const [folder = ''] = socketFolders(data)
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  if (!(await isOurs(folder, user)))
    throw new StartError(`${folder} belongs to somebody else; remove it and start again`)
  if (user) await lchown(folder, user.uid, user.gid)
  return folder
}

// Anybody may have made a folder or a link of this name in a public place: only our own is used.
async function isOurs(folder: string, user: SystemUser | null): Promise<boolean> {
  const found = await lstat(folder).catch(() => null)
  return found?.isDirectory() === true && (found.uid === process.getuid?.() || found.uid === user?.uid)
}

/** Removes the folders of sockets that this data had, but the one that is to be used; no postmaster may run. */
async function removeSockets(data: string, user: SystemUser | null, used?: string): Promise<void> {
  for (const folder of socketFolders(data))
    if (folder !== used && (await isOurs(folder, user))) await rm(folder, { recursive: true, force: true })
}

async function ownerPassword(data: string): Promise<string> {
  const file = join(data, 'postgres.password')
  if (!existsSync(file)) {
    // renamed when it is whole: a full disk leaves no half a password
    await writeFile(`${file}.next`, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true })
    await rename(`${file}.next`, file)
  }
  return (await readFile(file, 'utf8')).trim()
}

type Run = (program: string, parameters: string[]) => Promise<{ code: number; output: string }>

async function initialise(
  run: Run,
  folder: string,
  sockets: string,
  password: string,
  user: SystemUser | null,
): Promise<void> {
  const file = join(sockets, 'password')
  const next = `${folder}.new` // renamed when it is whole: a kill or a full disk leaves no half a cluster
  await rm(next, { recursive: true, force: true })
  await mkdir(next, { mode: 0o700 })
  if (user) await chown(next, user.uid, user.gid)
  await writeFile(file, password, { mode: 0o600 })
  if (user) await chown(file, user.uid, user.gid)
  try {
    const made = await run('initdb', [
      '-D',
      next,
      '-U',
      'postgres',
      `--pwfile=${file}`,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--locale-provider=builtin',
      '--locale=C.UTF-8',
    ])
    if (made.code !== 0) throw new StartError(`the database could not be made: ${sentence(made.output)}`)
    await rename(next, folder)
  } finally {
    await rm(file, { force: true })
    await rm(next, { recursive: true, force: true })
  }
}

async function whyNot(log: string, folder: string): Promise<string> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < LEAST_FREE_BYTES) return 'the disk is full; free some space and start again'
  await access(log, constants.R_OK).catch(() => {
    throw new StartError('PostgreSQL did not start and left no log')
  })
  const lines = (await readFile(log, 'utf8')).trim().split('\n').slice(-30)
  const held = lines.findLast((line) => /lock file .* already exists/.test(line))
  if (held)
    return 'another process still has the database of this folder, perhaps of a folder of the same name that is gone; end it and start again'
  const fatal = lines.findLast((line) => /FATAL|PANIC/.test(line) || DISK_FULL.test(line))
  return `PostgreSQL did not start: ${sentence(fatal ?? lines.at(-1) ?? '')}`
}

function sentence(output: string): string {
  if (DISK_FULL.test(output)) return 'the disk is full; free some space and start again'
  return (
    output
      .trim()
      .split('\n')
      .findLast((line) => line.trim() !== '')
      ?.slice(0, 300) ?? 'no reason given'
  )
}

// In a session of its own, so that a Ctrl-C for us is not one for PostgreSQL: we stop it when we are done.
function runAs(
  user: SystemUser | null,
  program: string,
  parameters: string[],
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(program, parameters, {
      ...(user ?? {}),
      cwd: '/',
      detached: true,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout?.on('data', (piece) => (output += piece))
    child.stderr?.on('data', (piece) => (output += piece))
    child.on('error', reject)
    child.on('exit', (code) => {
      // postgres inherits the pipes and would keep them open
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve({ code: code ?? 1, output })
    })
  })
}

function shortHash(text: string): string {
  return createHash('sha256').update(resolve(text)).digest('hex').slice(0, 16)
}
