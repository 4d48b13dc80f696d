/** Where somebody wanted to go when they had to log in, and whether a session of theirs was ended, or they go to another tenant. */
export interface WayIn {
  to: string
  wasEnded?: boolean
  isSwitch?: boolean
}

/** For the address of the log-in: behind #, which no server and no log sees, since a place may name people. */
export function wayInHash({ to, wasEnded, isSwitch }: WayIn): string {
  const asked = { ...(to !== '/' && { to }), ...(wasEnded && { ended: '1' }), ...(isSwitch && { other: '1' }) }
  return new URLSearchParams(asked).toString()
}

/** Out of the address of the log-in. A place that is not the console's own is passed over: no link leads out of a log-in. */
export function wayInOf(hash: string): Required<WayIn> {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const to = given.get('to')
  return { to: isOwnPlace(to) ? to : '/', wasEnded: given.has('ended'), isSwitch: given.has('other') }
}

function isOwnPlace(to: unknown): to is string {
  return typeof to === 'string' && /^\/(?![/\\])/.test(to)
}
