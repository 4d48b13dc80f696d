import { hash } from 'node:crypto'

/** A token as somebody shows it. */
export interface BearerToken {
  text: string
  /** SHA-256 of the text in base64: what a token is known by, in memory and in the database. */
  hash: string
}

/** The token of an Authorization header (RFC 6750 §2.1); null: there is none. */
export function bearerToken(authorization: string | undefined): BearerToken | null {
  const text = /^Bearer ([\w-]{20,200})$/i.exec(authorization ?? '')?.[1]
  return text === undefined ? null : { text, hash: hash('sha256', text, 'base64') }
}
