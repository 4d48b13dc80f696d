import { readdir, readFile } from 'node:fs/promises'

const TICK = 10_000 // microseconds, as Linux counts for programs (USER_HZ)

/**
 * Time of one core that a server's threads and all of PostgreSQL have taken so far, in microseconds, by what they do.
 * Linux only.
 */
export async function cpuOf(pid: number): Promise<Map<string, number>> {
  const times = new Map<string, number>()
  const add = (name: string, time: number) => times.set(name, (times.get(name) ?? 0) + time)
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const { name, time } = await stat(`/proc/${pid}/task/${thread}/stat`)
    add(thread === String(pid) ? 'answers everybody' : (THREADS[name] ?? 'other threads'), time)
  }
  for (const process of await readdir('/proc')) {
    if (!/^\d+$/.test(process)) continue
    const { name, time } = await stat(`/proc/${process}/stat`).catch(() => ({ name: '', time: 0 }))
    if (name === 'postgres') add('PostgreSQL', time)
  }
  return times
}

const THREADS: Record<string, string> = {
  WorkerThread: 'reads, seals and hashes',
  V8Worker: 'garbage',
  'libuv-worker': 'compresses',
}

async function stat(path: string): Promise<{ name: string; time: number }> {
  const text = await readFile(path, 'utf8')
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  return { name: text.slice(text.indexOf('(') + 1, end), time: TICK * (Number(fields[11]) + Number(fields[12])) }
}
