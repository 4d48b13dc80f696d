/** An answer in the place of the handler's: a problem (RFC 9457). */
export interface Refusal {
  status: 400 | 401 | 403 | 503
  headers: Record<string, string>
  body: string
}

export function refusal(
  status: Refusal['status'],
  title: string,
  more: object = {},
  headers: Record<string, string> = {},
): Refusal {
  return {
    status,
    headers: { ...headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    // Whoever visits the application need not know Probity’s address, where the pages about errors lie.
    body: JSON.stringify({ type: 'about:blank', title, status, ...more }),
  }
}

/** They have to show a second factor, at most so many seconds ago (null: whenever): RFC 9470 §3. */
export function secondFactorAsked(maxAgeSeconds: number | null, more: object = {}): Refusal {
  const age = maxAgeSeconds === null ? '' : `, max_age="${maxAgeSeconds}"`
  const challenge = `Bearer error="insufficient_user_authentication"${age}`
  return refusal(401, 'Show your second factor again', more, { 'www-authenticate': challenge })
}
