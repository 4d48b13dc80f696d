import type { Principal } from '../../platform/authority.ts'
import { DomainError } from '../../platform/errors.ts'
import type { Audit } from './service.ts'

const PAGE = 200
const POLL_MILLISECONDS = 250
const BEAT_MILLISECONDS = 15_000

/**
 * New entries as server-sent events: `id` is the index, so that Last-Event-ID goes on without a gap. It ends when
 * `again` says that the caller's token or session has ended; nothing that was recorded after that is told.
 */
export async function* tail(
  audit: Audit,
  principal: Principal,
  from: number,
  signal: AbortSignal,
  again: () => Promise<void>,
): AsyncGenerator<string> {
  let next = from
  let beat = Date.now()
  yield ': probity\n\n'
  while (!signal.aborted) {
    const events = await audit.since(principal, next, PAGE)
    if (!(await mayGoOn(again))) return
    for (const event of events) {
      yield `id: ${event.index}\nevent: entry\ndata: ${JSON.stringify(event)}\n\n`
      next = event.index + 1
    }
    if (events.length === PAGE) continue
    if (Date.now() - beat > BEAT_MILLISECONDS) {
      beat = Date.now()
      yield ': still here\n\n'
    }
    await pause(POLL_MILLISECONDS, signal)
  }
}

async function mayGoOn(again: () => Promise<void>): Promise<boolean> {
  try {
    await again()
    return true
  } catch (error) {
    if (error instanceof DomainError && error.code === 'UNAUTHENTICATED') return false
    throw error
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done, { once: true })
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
