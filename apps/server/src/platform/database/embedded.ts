import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { access, chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { postgresBinaries, type SystemUser, sharedFolder, unprivilegedUser } from './binaries.ts'
import type { Connection } from './pools.ts'
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

/** Starts the cluster of a data folder, made at first; one that a killed server left running is used again. */
export async function startEmbedded(data: string, say: (line: string) => void): Promise<EmbeddedPostgres> {
  const user = unprivilegedUser()
  const programs = await postgresBinaries()
  const folder = await clusterFolder(data, user)
  const sockets = await socketFolder(data, user)
  const password = await ownerPassword(data)
  const run = (program: string, parameters: string[]) => runAs(user, join(programs, program), parameters)
  if (!existsSync(join(folder, 'PG_VERSION'))) {
    say('making a new database …')
    await initialise(run, folder, sockets, password, user)
  }
  for (const lock of [join(folder, 'postmaster.pid'), join(sockets, '.s.PGSQL.5432.lock')])
    await forgetDeadPostmaster(lock)
  const log = join(folder, 'server.log')
  if ((await run('pg_ctl', ['status', '-D', folder])).code !== 0) {
    const options = Object.entries(SETTINGS).map(([name, value]) => `-c ${name}='${value}'`)
    const started = await run('pg_ctl', [
      'start',
      '-w',
      '-t',
      '60',
      '-s',
      '-D',
      folder,
      '-l',
      log,
      '-o',
      `-k '${sockets}' ${options.join(' ')}`,
    ])
    if (started.code !== 0) throw new StartError(await whyNot(log))
  }
  return {
    superuser: { host: sockets, port: 5432, database: 'postgres', user: 'postgres', password },
    folder,
    stop: async () => {
      await run('pg_ctl', ['stop', '-m', 'fast', '-w', '-t', '60', '-s', '-D', folder])
    },
  }
}

// A data folder below one that "nobody" can't enter (a root's home) keeps its cluster in the shared folder.
async function clusterFolder(data: string, user: SystemUser | null): Promise<string> {
  const own = join(data, 'postgres')
  if (user === null) return own
  const reachable = existsSync(own) || (await reachableBy(user, data))
  const folder = reachable ? own : join(sharedFolder(), `cluster-${shortHash(data)}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chown(folder, user.uid, user.gid)
  return folder
}

async function reachableBy(user: SystemUser, path: string): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder)
    const bits = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & bits) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

async function socketFolder(data: string, user: SystemUser | null): Promise<string> {
  const folder = join(tmpdir(), `probity-${process.getuid?.() ?? 0}-${shortHash(data)}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const { uid } = await stat(folder)
  if (user) await chown(folder, user.uid, user.gid)
  else if (uid !== process.getuid?.()) throw new StartError(`the folder ${folder} belongs to somebody else`)
  return folder
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
  await writeFile(file, password, { mode: 0o600 })
  if (user) await chown(file, user.uid, user.gid)
  try {
    const made = await run('initdb', [
      '-D',
      folder,
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
    if (made.code === 0) return
    await rm(join(folder, 'PG_VERSION'), { force: true })
    throw new StartError(`the database could not be made: ${sentence(made.output)}`)
  } finally {
    await rm(file, { force: true })
  }
}

// A killed postmaster stays a zombie until somebody asks for it, and everybody who only looks at its number takes it
// for alive. It holds nothing any more: its lock files are removed, as PostgreSQL does for a process that is gone.
async function forgetDeadPostmaster(lock: string): Promise<void> {
  const pid = Number((await readFile(lock, 'utf8').catch(() => '')).split('\n')[0])
  if (!(pid > 0) || !existsSync('/proc/self/stat')) return
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')
  if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) await rm(lock, { force: true })
}

async function whyNot(log: string): Promise<string> {
  await access(log, constants.R_OK).catch(() => {
    throw new StartError('PostgreSQL did not start and left no log')
  })
  const lines = (await readFile(log, 'utf8')).trim().split('\n').slice(-30)
  const fatal = lines.findLast((line) => /FATAL|PANIC|No space left/.test(line))
  return `PostgreSQL did not start: ${sentence(fatal ?? lines.at(-1) ?? '')}`
}

function sentence(output: string): string {
  if (/No space left on device/.test(output)) return 'the disk is full; free some space and start again'
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
