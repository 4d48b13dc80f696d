import { z } from 'zod'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** UUID in lower case. */
export const uuid = z.string().regex(UUID, 'must be a UUID in lower case')

/** The same as a caller may write it: in either case (RFC 9562 §4). It is read as the lower one. */
export const askedUuid = z.string().toLowerCase().regex(UUID, 'must be a UUID')

/** RFC 3339 date and time with zone. */
export const timestamp = z.iso.datetime({ offset: true })

const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z')
const WIDEST_OFFSET = 14 * 60

/** A time that a caller asks for: from 1970 to 9999, at most 14:00 from UTC, to the nanosecond. */
export const askedTime = timestamp.max(35).refine((text) => {
  const at = Date.parse(text)
  const [, hours = '0', minutes = '0'] = /[+-](\d\d):(\d\d)$/.exec(text) ?? []
  const isNear = Number(hours) * 60 + Number(minutes) <= WIDEST_OFFSET
  return at >= 0 && at <= LAST_INSTANT && isNear && !/\.\d{10}/.test(text)
}, 'must lie between 1970 and 9999, at most 14:00 from UTC, with at most 9 decimals')

/** Text that a column can hold and a hash can tell apart: Unicode without NUL. */
export const text = (maximum: number) =>
  z
    .string()
    .max(maximum)
    .refine((given) => given.isWellFormed() && !given.includes('\0'), 'must be Unicode without NUL')

/** JSON by name that a database can hold: no NUL and no half of a surrogate pair in any text or name of it. */
export const storable = z
  .record(z.string().max(100), z.unknown())
  .refine((given) => isStorable(given), 'must be Unicode without NUL, in every text and name')

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, one]) => isStorable(name) && isStorable(one))
}

/** One page of a list: `cursor` is what the page before gave as `next_cursor`. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('At most so many, 1 to 500'),
  cursor: z.string().max(500).optional().describe('next_cursor of the page before'),
}

/** Cursor to the next page; null on the last. */
export const nextCursor = z.string().nullable()

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a line must not contain
const printable = /^[^\u0000-\u001f\u007f]*$/

/** Text of one line, without control characters. */
export const line = (maximum: number) => text(maximum).min(1).regex(printable, 'must not contain control characters')

// Letters of scripts in which a joiner changes how its neighbours look (Unicode UAX #31, §2.3).
const joining =
  '[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Khmer}\\p{Script=Myanmar}]'
const seenByItsEffect = new RegExp(
  `(?<=${joining}\\p{M}*)[\\u200c\\u200d](?=${joining})|(?<=\\p{Extended_Pictographic})\\ufe0f`,
  'gu',
)
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

/** Text of one line that people read and go by: all of it can be seen, and something is. */
export const legible = (maximum: number) =>
  line(maximum)
    .regex(/\S/, 'must not be blank')
    .refine(
      (given) => !unseen.test(given.replace(seenByItsEffect, '')),
      'must not contain characters that nobody sees: of control, of zero width, or of direction',
    )

/** RFC 9457 problem details, with the seed's members beside. */
export const problem = z.object({
  type: z.string().describe('Address of the page about the error code, at the server that answers'),
  title: z.string(),
  status: z.number().int(),
  error: z.string(),
  message: z.string(),
  code: z.string(),
  details: z.record(z.string(), z.unknown()),
  request_id: z.string(),
  timestamp,
})
export type Problem = z.infer<typeof problem>

/** An X.509 certificate. */
export const certificate = text(10_000)
  .regex(
    /^\s*-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----\s*$/,
    'must be one certificate in PEM',
  )
  .describe('PEM')
