const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Where people reach the server, by a name where it is this machine itself: passkeys belong to a domain, and never to an address
 * (WebAuthn §5.1.2).
 */
export function byName(publicUrl: string): URL {
  const url = new URL(publicUrl)
  if (LOOPBACK.test(url.hostname)) url.hostname = 'localhost'
  return url
}
