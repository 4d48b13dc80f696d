import { hash } from 'node:crypto'

/** A token as somebody shows it. */
export interface BearerToken {
  text: string
  /** SHA-256 of the text in base64: what a token is known by, in memory and in the database. */
  hash: string
  /** How it is shown: by a header, with proof of a key (RFC 9449 §7.1), or by a cookie. */
  scheme: 'bearer' | 'dpop' | 'cookie'
}

/** The token of an Authorization header (RFC 6750 §2.1, RFC 9449 §7.1); null: there is none. */
export function bearerToken(authorization: string | undefined): BearerToken | null {
  const [, scheme, text] = /^(Bearer|DPoP) ([\w-]{20,200})$/i.exec(authorization ?? '') ?? []
  if (scheme === undefined || text === undefined) return null
  return shown(text, scheme.toLowerCase() === 'dpop' ? 'dpop' : 'bearer')
}

export function shown(text: string, scheme: BearerToken['scheme']): BearerToken {
  return { text, hash: hash('sha256', text, 'base64'), scheme }
}
