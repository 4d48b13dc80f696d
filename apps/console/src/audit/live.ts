import type { AuditEvent } from '@probity/contract'
import { useEffect, useRef, useState } from 'react'
import { probity } from '../platform/client.ts'

export type Connection = 'connecting' | 'live' | 'away'

const PAUSES_MILLISECONDS = [250, 1_000, 2_000, 5_000]

/**
 * Calls back with each entry as it comes, from an index on (null: what is new from now). It goes on behind the last one
 * wherever the server or the network ended it, so that none is missed.
 */
export function useTail(from: number | null, isOn: boolean, onEntry: (event: AuditEvent) => void): Connection {
  const [connection, setConnection] = useState<Connection>('connecting')
  const callback = useRef(onEntry)
  callback.current = onEntry
  useEffect(() => {
    if (!isOn) return
    const gone = new AbortController()
    void follow(from, gone.signal, setConnection, (event) => callback.current(event))
    return () => gone.abort()
  }, [from, isOn])
  return connection
}

async function follow(
  from: number | null,
  signal: AbortSignal,
  told: (connection: Connection) => void,
  onEntry: (event: AuditEvent) => void,
): Promise<void> {
  let next = from ?? (await sizeOfLog(signal, told))
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      told('live')
      for await (const event of probity.tail(next, { signal })) {
        next = event.index + 1
        failures = 0
        told('live')
        onEntry(event)
      }
    } catch {
      if (!signal.aborted) told('away')
    }
    await pause(PAUSES_MILLISECONDS[Math.min(failures, PAUSES_MILLISECONDS.length - 1)] ?? 0, signal)
  }
}

/** Known before the stream begins: what comes between the two would be missed else. */
async function sizeOfLog(signal: AbortSignal, told: (connection: Connection) => void): Promise<number> {
  for (let failures = 0; ; failures++) {
    try {
      return (await probity.events({ limit: 1 })).total
    } catch (error) {
      if (signal.aborted) throw error
      told('away')
      await pause(PAUSES_MILLISECONDS[Math.min(failures, PAUSES_MILLISECONDS.length - 1)] ?? 0, signal)
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
