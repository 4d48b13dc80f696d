import { existsSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { parseDatabaseUrl, withClient } from './platform/database/provision.ts'
import { readState } from './state.ts'

export interface Check {
  name: string
  ok: boolean
  message: string
}

const LEAST_FREE_BYTES = 1024 ** 3

/** Looks at everything that has to be right, without changing any of it. */
export async function examine(config: Config): Promise<Check[]> {
  const checks = [await checkFolder(config.data), await checkDisk(config.data), await checkRootKey(config), checkNode()]
  checks.push(await checkServer(config.data))
  if (config.database_url !== undefined) checks.push(await checkDatabase('DATABASE_URL', config.database_url))
  if (config.keystore_url !== undefined) checks.push(await checkDatabase('KEYSTORE_URL', config.keystore_url))
  return checks
}

function checkNode(): Check {
  const [major] = process.versions.node.split('.')
  return { name: 'node', ok: Number(major) >= 24, message: `Node ${process.versions.node}` }
}

async function checkFolder(data: string): Promise<Check> {
  const found = await stat(data).catch(() => null)
  if (!found) return { name: 'data', ok: true, message: `${data} does not exist yet; probity up makes it` }
  return { name: 'data', ok: found.isDirectory(), message: found.isDirectory() ? data : `${data} is not a folder` }
}

async function checkDisk(data: string): Promise<Check> {
  const place = existsSync(data) ? data : '/'
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

async function checkServer(data: string): Promise<Check> {
  const state = await readState(data)
  if (!state) return { name: 'server', ok: true, message: 'not running' }
  const answer = await globalThis.fetch(`${state.url}/readyz`).catch(() => null)
  return {
    name: 'server',
    ok: answer?.ok === true,
    message: answer?.ok ? `ready at ${state.url}` : `process ${state.pid} does not answer at ${state.url}`,
  }
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
