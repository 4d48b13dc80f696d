import type { SessionOpened } from '@probity/contract'
import { BASE } from './base.ts'

type Opened = Extract<SessionOpened, { access_token: null }>

const REFRESH = `${BASE}v1/auth/refresh`
const STEP_UP = `${BASE}v1/auth/step-up`
/** The server moves the tokens of its answers into cookies that no script reads. */
const COOKIES = { 'x-probity-cookies': '1' }
const CHANNEL = new BroadcastChannel('probity-session')

let csrf: string | null = null
let refreshing: Promise<boolean> | null = null
let askToStepUp: (() => Promise<boolean>) | null = null
const ended = new Set<() => void>()

CHANNEL.addEventListener('message', ({ data }: MessageEvent<{ csrf: string | null }>) => {
  csrf = data.csrf
  if (csrf === null) for (const listener of ended) listener()
})

/** Takes the session that a log-in opened; the other tabs of this browser have it too, as they share its cookies. */
export function sessionOpened(answer: unknown): void {
  csrf = (answer as Opened).csrf_token
  CHANNEL.postMessage({ csrf })
}

/** Forgets it here and in the other tabs. */
export function sessionClosed(): void {
  csrf = null
  CHANNEL.postMessage({ csrf })
  for (const listener of ended) listener()
}

/** Calls back when the session ended, here or in another tab; answers how not to any more. */
export function onSessionEnd(listener: () => void): () => void {
  ended.add(listener)
  return () => ended.delete(listener)
}

/** Who asks somebody for their password again; answers false where they would not. */
export function onStepUp(ask: () => Promise<boolean>): void {
  askToStepUp = ask
}

/** Opens the session of the browser's cookies again; false: it has none that is good. */
export function resume(): Promise<boolean> {
  if (refreshing !== null) return refreshing
  const begun: Promise<boolean> = navigator.locks
    .request('probity-refresh', () => refresh())
    .then((isOpen) => isOpen)
    .finally(() => {
      refreshing = null
    })
  refreshing = begun
  return begun
}

async function refresh(): Promise<boolean> {
  const answer = await fetch(REFRESH, {
    method: 'POST',
    headers: { ...COOKIES, 'x-csrf-token': csrf ?? 'none', 'content-type': 'application/json' },
    body: '{}',
  })
  if (!answer.ok) return false
  sessionOpened(await answer.json())
  return true
}

/** `fetch` of the session: an access token that ended is renewed once, and what asks for the password again is sent again after that. */
export const sessionFetch: typeof fetch = async (input, init) => {
  const answer = await send(input, init)
  if (answer.ok || answer.status < 400) return answer
  const code = await codeOf(answer)
  if ((code === 'UNAUTHENTICATED' || code === 'CSRF_REFUSED') && csrf !== null && String(input) !== REFRESH) {
    if (await resume()) return send(input, init)
    sessionClosed()
  }
  if (code === 'STEP_UP_REQUIRED' && askToStepUp !== null && !String(input).endsWith(STEP_UP))
    if (await askToStepUp()) return send(input, init)
  return answer
}

function send(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
  return fetch(input, { ...init, headers: { ...init?.headers, ...COOKIES, 'x-csrf-token': csrf ?? 'none' } })
}

async function codeOf(answer: Response): Promise<string> {
  try {
    return ((await answer.clone().json()) as { code?: string }).code ?? ''
  } catch {
    return ''
  }
}
