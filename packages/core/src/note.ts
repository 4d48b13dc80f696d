import { concat, decodeBase64, encodeBase64, encodeHex, encodeUtf8, equal } from './bytes.ts'
import type { Crypto, Digest } from './crypto.ts'
import { FormatError, VerificationError } from './errors.ts'

/** Signature type of Ed25519 (C2SP signed-note). */
export const ED25519 = 0x01

const MAX_NOTE_LENGTH = 1_000_000
const MAX_SIGNATURES = 100
const KEY_NAME = /^[^\s+]+$/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: C2SP signed-note forbids them in a note
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/

export interface VerifierKey {
  name: string
  /** Four bytes. */
  keyId: Uint8Array
  algorithm: number
  publicKey: Uint8Array
}

export interface NoteSignature {
  name: string
  /** Four bytes. */
  keyId: Uint8Array
  signature: Uint8Array
}

export interface Note {
  /** Ends in a newline. */
  text: string
  signatures: NoteSignature[]
}

export interface OpenedNote {
  text: string
  /** The trusted keys whose signatures verified, at least one. */
  keys: VerifierKey[]
}

/** First four bytes of SHA-256(name ‖ 0x0A ‖ algorithm ‖ public key). */
export function keyId(digest: Digest, name: string, publicKey: Uint8Array, algorithm = ED25519): Uint8Array {
  return digest(concat([encodeUtf8(`${name}\n`), Uint8Array.of(algorithm), publicKey])).slice(0, 4)
}

/** `<name>+<key id>+<base64(algorithm ‖ public key)>`. */
export function formatVerifierKey(digest: Digest, name: string, publicKey: Uint8Array, algorithm = ED25519): string {
  requireKeyName(name)
  const id = encodeHex(keyId(digest, name, publicKey, algorithm))
  return `${name}+${id}+${encodeBase64(concat([Uint8Array.of(algorithm), publicKey]))}`
}

/** Inverse of formatVerifierKey, Ed25519 only. Throws FormatError KEY_MALFORMED, also for a key id of another key. */
export function parseVerifierKey(digest: Digest, text: string): VerifierKey {
  const [, name, id, base64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text) ?? []
  if (name === undefined || id === undefined || base64 === undefined) throw malformedKey('not name+id+key')
  requireKeyName(name)
  const [algorithm, ...publicKey] = decodeBase64(base64)
  if (algorithm !== ED25519) throw malformedKey('not an Ed25519 key')
  if (publicKey.length !== 32) throw malformedKey('the public key is not 32 bytes long')
  const key = { name, algorithm, publicKey: Uint8Array.from(publicKey) }
  const derived = keyId(digest, name, key.publicKey, algorithm)
  if (encodeHex(derived) !== id) throw malformedKey('the key id is that of another key')
  return { ...key, keyId: derived }
}

/** One signature line with its newline: `— <name> <base64(key id ‖ signature)>`. */
export function signatureLine(name: string, id: Uint8Array, signature: Uint8Array): string {
  requireKeyName(name)
  return `— ${name} ${encodeBase64(concat([id, signature]))}\n`
}

/** A note of a text that ends in a newline, and lines of signatureLine. */
export function formatNote(text: string, signatureLines: readonly string[]): string {
  const note = `${text}\n${signatureLines.join('')}`
  parseNote(note)
  return note
}

/** Splits a note into text and signatures; verifies nothing. Throws FormatError NOTE_MALFORMED. */
export function parseNote(note: string): Note {
  if (note.length > MAX_NOTE_LENGTH) throw malformed(`longer than ${MAX_NOTE_LENGTH} characters`)
  if (CONTROL.test(note) || !note.isWellFormed()) throw malformed('a control character or lone surrogate')
  const blank = note.lastIndexOf('\n\n')
  if (blank === -1 || !note.endsWith('\n')) throw malformed('no signature block')
  const lines = note.slice(blank + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) throw malformed(`more than ${MAX_SIGNATURES} signatures`)
  return { text: note.slice(0, blank + 1), signatures: lines.map(parseSignatureLine) }
}

/**
 * The text of a note and which trusted keys signed it (C2SP signed-note). Lines of other keys are ignored; a
 * trusted key's line that does not verify (SIGNATURE_INVALID) and a note without a trusted key's line
 * (SIGNATURE_MISSING) throw VerificationError; what is no note throws FormatError.
 */
export function openNote(note: string, trusted: readonly VerifierKey[], crypto: Crypto): OpenedNote {
  const { text, signatures } = parseNote(note)
  const message = encodeUtf8(text)
  const keys: VerifierKey[] = []
  for (const { name, keyId, signature } of signatures) {
    const key = trusted.find((candidate) => candidate.name === name && equal(candidate.keyId, keyId))
    if (!key) continue
    if (key.algorithm !== ED25519 || !crypto.ed25519Verify(key.publicKey, message, signature)) {
      throw new VerificationError('SIGNATURE_INVALID', `the signature of ${name} does not verify`)
    }
    if (!keys.includes(key)) keys.push(key)
  }
  if (keys.length === 0) throw new VerificationError('SIGNATURE_MISSING', 'no trusted key signed the note')
  return { text, keys }
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name, base64] = /^— (\S+) (\S+)$/u.exec(line) ?? []
  if (name === undefined || base64 === undefined || !KEY_NAME.test(name)) throw malformed('not a signature line')
  const bytes = decodeBase64(base64)
  if (bytes.length < 5) throw malformed('a signature too short for a key id')
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) }
}

function requireKeyName(name: string): void {
  if (KEY_NAME.test(name) && !CONTROL.test(name)) return
  throw malformedKey('a key name is not empty and has no space and no plus')
}

function malformed(message: string): FormatError {
  return new FormatError('NOTE_MALFORMED', `the note is malformed: ${message}`)
}

function malformedKey(message: string): FormatError {
  return new FormatError('KEY_MALFORMED', `the verifier key is malformed: ${message}`)
}
