/** Whom a provider or directory says somebody is. */
export interface Told {
  /** What it calls them, for good. */
  subject: string
  email: string | null
  isEmailVerified: boolean
  name: string | null
  groups: string[]
  /** Its own session of theirs (claim sid); null: it names none. */
  session: string | null
  /** How they showed it, in values of RFC 8176. */
  methods: string[]
}

/** What a provider said of somebody without being asked from here. */
export interface Presented {
  told: Told
  /** SHA-256 of what no copy of it differs in. */
  hash: Buffer
  /** From when on it is refused for its age. */
  until: Date
}

/** What one log-in is recognised by when the browser comes back. */
export interface Marks {
  state: string
  nonce: string
  verifier: string
}

/** What an answer that can't be taken is refused with; why stands in no answer. */
export const REFUSED = 'the identity provider’s answer cannot be taken; start again'
