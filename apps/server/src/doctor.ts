import { constants, existsSync } from 'node:fs'
import { access, readFile, stat, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import type { Config } from './config.ts'
import { clusterFolders, clusterLog } from './platform/database/embedded.ts'
import { parseDatabaseUrl, withClient } from './platform/database/provision.ts'
import { codeOf } from './platform/errors.ts'
import { processBirth, readState, type ServerState } from './state.ts'

export interface Check {
  name: string
  ok: boolean
  message: string
}

const LEAST_FREE_BYTES = 1024 ** 3
const PATIENCE_MILLISECONDS = 5000

/** Looks at everything that has to be right, without changing any of it. */
export async function examine(config: Config, program: string): Promise<Check[]> {
  const found = await findServer(config.data)
  const checks = [
    await checkFolder(config.data, program),
    await checkDisk(config.data),
    await checkRootKey(config),
    checkNode(),
    await checkServer(found, config, program),
  ]
  if (found.kind === 'none') {
    checks.push(await checkPort(config))
    if (config.database_url === undefined) checks.push(...(await checkLeftDatabase(config.data, program)))
  }
  if (config.database_url !== undefined) checks.push(await checkDatabase('DATABASE_URL', config.database_url))
  if (config.keystore_url !== undefined) checks.push(await checkDatabase('KEYSTORE_URL', config.keystore_url))
  return checks
}

function checkNode(): Check {
  const [major] = process.versions.node.split('.')
  return { name: 'node', ok: Number(major) >= 24, message: `Node ${process.versions.node}` }
}

async function checkFolder(data: string, program: string): Promise<Check> {
  const name = 'data'
  const found = await stat(data).catch(() => null)
  if (!found) return { name, ok: true, message: `${data} does not exist yet; ${program} up makes it` }
  if (!found.isDirectory()) return { name, ok: false, message: `${data} is not a folder` }
  const denied = await access(data, constants.R_OK | constants.W_OK | constants.X_OK).catch(codeOf)
  if (denied) return { name, ok: false, message: `${data} cannot be used (${denied}); run as its owner` }
  return { name, ok: true, message: data }
}

async function checkDisk(data: string): Promise<Check> {
  let place = data
  while (!existsSync(place)) place = dirname(place)
  const { bavail, bsize } = await statfs(place)
  const free = bavail * bsize
  return { name: 'disk', ok: free >= LEAST_FREE_BYTES, message: `${(free / 1024 ** 3).toFixed(1)} GiB free` }
}

async function checkRootKey(config: Config): Promise<Check> {
  if (config.root_key !== undefined) return { name: 'root key', ok: true, message: 'from the environment' }
  const file = config.root_key_file ?? join(config.data, 'root.key')
  const found = await stat(file).catch(() => null)
  const used = existsSync(join(config.data, 'postgres.password'))
  if (!found)
    return {
      name: 'root key',
      ok: !used,
      message: used ? `${file} is lost; put it back` : `${file} does not exist yet`,
    }
  const open = (found.mode & 0o077) !== 0
  return { name: 'root key', ok: !open, message: open ? `${file} can be read by others; run chmod 600 on it` : file }
}

type Found = { kind: 'none' } | { kind: 'unreadable'; why: string } | { kind: 'running'; state: ServerState }

async function findServer(data: string): Promise<Found> {
  const state = await readState(data)
  if (state) return { kind: 'running', state }
  const file = join(data, 'server.json')
  try {
    await readFile(file)
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      return { kind: 'unreadable', why: `cannot read ${file} (${code === 'EACCES' ? 'permission denied' : code})` }
  }
  return { kind: 'none' } // no file, or that of a process that is gone
}

async function checkServer(found: Found, config: Config, program: string): Promise<Check> {
  const name = 'server'
  if (found.kind === 'none') return { name, ok: true, message: 'not running' }
  if (found.kind === 'unreadable') return { name, ok: false, message: `${found.why}; run this as its owner` }
  const { pid, url } = found.state
  const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS)
  const answer = await globalThis.fetch(`${url}/readyz`, { signal }).catch(() => null)
  if (answer?.ok) return { name, ok: true, message: `ready at ${url}` }
  const restart = `run ${program} down and ${program} up`
  if (!answer) return { name, ok: false, message: `process ${pid} does not answer at ${url}; ${restart}` }
  const advice =
    config.database_url === undefined
      ? `it is being started again; if it stays away, look into ${logOf(config.data)}, mend that and ${restart}`
      : 'start the PostgreSQL of DATABASE_URL; it goes on by itself'
  return {
    name,
    ok: false,
    message: `process ${pid} answers ${answer.status} at ${url}${answer.status === 503 ? ': its database does not answer' : ''}; ${advice}`,
  }
}

function logOf(data: string): string {
  const [own, apart] = clusterFolders(data)
  return clusterLog(existsSync(join(apart, 'PG_VERSION')) && !existsSync(join(own, 'PG_VERSION')) ? apart : own)
}

/** Where no server runs: whether one could listen. */
async function checkPort({ host, port }: Config): Promise<Check> {
  const server = createServer()
  const code = await new Promise<string>((resolve) => {
    server.once('error', (error) => resolve(codeOf(error)))
    server.listen(port, host, () => resolve(''))
  })
  await new Promise((resolve) => server.close(resolve))
  const name = 'port'
  if (code === '') return { name, ok: true, message: port === 0 ? 'any that is free' : `${port} on ${host} is free` }
  if (code === 'EADDRINUSE')
    return { name, ok: false, message: `${port} on ${host} is taken by another program; choose another with --port` }
  if (code === 'EACCES')
    return { name, ok: false, message: `not allowed to listen on ${port}; choose one above 1023 with --port` }
  return { name, ok: false, message: `cannot listen on ${port} of ${host} (${code}); is the host one of this machine?` }
}

/** Where no server runs: whether a killed one left its PostgreSQL. */
async function checkLeftDatabase(data: string, program: string): Promise<Check[]> {
  for (const folder of clusterFolders(data)) {
    const [first] = (await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    const pid = Number(first)
    if (!(pid > 0) || processBirth(pid) === '' || !(await isPostgres(pid))) continue
    const message = `a killed server left its PostgreSQL running (process ${pid}); ${program} up takes it over, ${program} down stops it`
    return [{ name: 'database', ok: false, message }]
  }
  return []
}

async function isPostgres(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'postgres') // no /proc here: the number must do
  return name.trim() === 'postgres'
}

async function checkDatabase(name: string, url: string): Promise<Check> {
  try {
    const version = await withClient(parseDatabaseUrl(name, url), async (client) => {
      const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
      return rows[0]?.server_version
    })
    return { name, ok: true, message: `PostgreSQL ${version}` }
  } catch (error) {
    return { name, ok: false, message: (error as Error).message }
  }
}
