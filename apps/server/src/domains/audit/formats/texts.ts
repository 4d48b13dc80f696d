import { isIP } from 'node:net'
import type { Format } from './observed-event.ts'

export function isAddress(text: string): boolean {
  return isIP(text) !== 0
}

const MAILBOX = /[\p{L}\p{N}._+'-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.)+\p{L}{2,24}(?![\p{L}\p{N}])/gu
const MACHINE = /gserviceaccount\.com$|^__public_principal__@|@(?:group|resource)\.calendar\.google\.com$|^git@/i
const MESSAGE_ID = /^<[^<>\s]*>$/

/** The first mailbox of somebody that a text names: a service account or a calendar is nobody. */
export function mailboxIn(text: string): string | undefined {
  if (!text.includes('@') || MESSAGE_ID.test(text)) return undefined
  return text.match(MAILBOX)?.find((mailbox) => !MACHINE.test(mailbox))
}

/** Whether the text is a mailbox and nothing else. */
export function isEmail(text: string): boolean {
  return mailboxIn(text) === text
}

const PLACEHOLDERS = new Set(
  'unknown null none undefined nil n/a na redacted anonymous - -- * hidden_due_to_security_reasons not_available 0'.split(
    ' ',
  ),
)

/** Words that products write where they have no identifier. */
export function isPlaceholder(text: string): boolean {
  return text.length <= 30 && (text.trim() === '' || PLACEHOLDERS.has(text.trim().toLowerCase()))
}

const GENERIC = new Set(
  (
    'true false yes no on off ok other default test success successful succeeded failure failed error allow allowed ' +
    'deny denied enabled disabled active inactive admin administrator root user users system service guest public ' +
    'private internal external person people computer mobile desktop browser web api session role account name localhost'
  ).split(' '),
)

/** Values so common that their other occurrences say nothing of the person. */
export function isGeneric(text: string): boolean {
  return isPlaceholder(text) || (text.length <= 13 && GENERIC.has(text.toLowerCase()))
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f]/

export function hasControls(text: string): boolean {
  return CONTROLS.test(text)
}

/** Text fit for a column: control characters become U+FFFD. */
export function withoutControls(text: string): string {
  return CONTROLS.test(text) ? text.replace(new RegExp(CONTROLS, 'g'), '\ufffd') : text
}

/** At most `length` code units, never half a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const end = (text.charCodeAt(length - 1) & 0xfc00) === 0xd800 ? length - 1 : length
  return text.slice(0, end)
}

/** Lower case in which a substring stays one: toLowerCase alone writes a sigma differently at the end of a word. */
export function foldCase(text: string): string {
  const lower = text.toLowerCase()
  return lower.includes('ς') ? lower.replaceAll('ς', 'σ') : lower
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: no reader sees them either
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u0000-\u0008\u000e-\u001f\u007f]+/gu
const SPACES = /\s+/g
const MAY_BE_ODD = /[^ -~]| {2}/

/** Without what no reader sees (soft hyphens, zero-width and control characters), and with one space where there is any room. */
export function plain(text: string): string {
  return MAY_BE_ODD.test(text) ? text.replace(INVISIBLE, '').replace(SPACES, ' ') : text
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * The source's id: a UUID in lower case, or whatever else it is behind its format's name. Such a one may name a person,
 * so the log has it under a key only.
 */
export function eventId(format: Format, id: string): string {
  return UUID.test(id) ? id.toLowerCase() : `${format}/${id}`
}
