import { Failure } from './failure.ts'
import { readIp } from './ip-address.ts'
import { longOf } from './long.ts'
import { Extension, type ExtensionKind, type IpAddress } from './value.ts'

/** What each constructor makes of a text (Cedar reference: extension functions). Throws a Failure for what it cannot read. */
export const CONSTRUCTORS: Record<string, (text: string) => Extension | IpAddress> = {
  decimal: (text) => made('decimal', text, readDecimal),
  datetime: (text) => made('datetime', text, readDatetime),
  duration: (text) => made('duration', text, readDuration),
  ip(text) {
    const address = readIp(text)
    if (address === null) throw unreadable('ip', text)
    return address
  },
}

export const DAY = 86_400_000

function made(kind: ExtensionKind, text: string, read: (text: string) => bigint | null): Extension {
  const amount = read(text)
  const long = amount === null ? null : longOf(amount)
  if (long === null) throw unreadable(kind, text)
  return new Extension(kind, long)
}

function unreadable(what: string, text: string): Failure {
  return new Failure('extension', `${what}: cannot read ${JSON.stringify(text)}`)
}

function readDecimal(text: string): bigint | null {
  const [, sign, whole = '', part = ''] = /^(-?)(\d+)\.(\d{1,4})$/.exec(text) ?? []
  if (sign === undefined) return null
  const amount = BigInt(whole + part.padEnd(4, '0'))
  return sign === '-' ? -amount : amount
}

const DURATION = /^(-?)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/
const UNITS = [86_400_000n, 3_600_000n, 60_000n, 1_000n, 1n]

function readDuration(text: string): bigint | null {
  const [, sign, ...amounts] = DURATION.exec(text) ?? []
  if (sign === undefined || amounts.every((one) => one === undefined)) return null
  const amount = amounts.reduce((sum, one, i) => sum + BigInt(one ?? 0) * (UNITS[i] ?? 0n), 0n)
  return sign === '-' ? -amount : amount
}

const DATETIME = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d{3}))?(?:Z|([+-])(\d\d)(\d\d)))?$/

function readDatetime(text: string): bigint | null {
  const match = DATETIME.exec(text)
  if (!match) return null
  const [year, month, day, hour, minute, second, millisecond] = match.slice(1, 8).map((one) => Number(one ?? 0))
  const [offHour, offMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)]
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day)) // Date.UTC takes years below 100 for the last century
  const isDate = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60
  if (!isDate || !isTime || offHour > 23 || offMinute > 59) return null
  const offset = (offHour * 60 + offMinute) * (match[8] === '-' ? -1 : 1)
  const minutes = Number(hour) * 60 + Number(minute) - offset
  return BigInt(date.getTime() + minutes * 60_000 + Number(second) * 1000 + Number(millisecond))
}
