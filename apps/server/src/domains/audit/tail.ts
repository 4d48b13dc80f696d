import type { Principal } from '../../platform/authority.ts'
import type { Audit } from './service.ts'

const PAGE = 200
const POLL_MILLISECONDS = 250
const BEAT_MILLISECONDS = 15_000

/** New entries as server-sent events: `id` is the index, so that Last-Event-ID goes on without a gap. */
export async function* tail(
  audit: Audit,
  principal: Principal,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let next = from
  let beat = Date.now()
  yield ': probity\n\n'
  while (!signal.aborted) {
    const events = await audit.since(principal, next, PAGE)
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
