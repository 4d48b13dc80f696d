/** Where somebody wanted to go when they had to log in, and whether a session of theirs was ended. */
export interface WayIn {
  to: string
  wasEnded: boolean
}

/** For the address of the log-in: behind #, which no server and no log sees, since a place may name people. */
export function wayInHash({ to, wasEnded }: WayIn): string {
  return new URLSearchParams({ ...(to !== '/' && { to }), ...(wasEnded && { ended: '1' }) }).toString()
}

/** Out of the address of the log-in. A place that is not the console's own is passed over: no link leads out of a log-in. */
export function wayInOf(hash: string): WayIn {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const to = given.get('to')
  return { to: isOwnPlace(to) ? to : '/', wasEnded: given.has('ended') }
}

function isOwnPlace(to: unknown): to is string {
  return typeof to === 'string' && /^\/(?![/\\])/.test(to)
}
