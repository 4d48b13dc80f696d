/** A line of a log, of whichever library. */
export interface LogLine {
  /** By the library's clock. */
  at: Date
  /** Its level by name, such as `info`. */
  level: string
  outcome: 'Failure' | 'Warning' | 'Information'
  message: string | null
  fields: Record<string, unknown>
}

const text = (value: unknown): boolean => typeof value === 'string' && value !== '' && value.length <= 2048
const object = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Fields that say what an event's own members say, where they are as the server takes them; all others are its data. */
const MEMBERS: Readonly<Record<string, (value: unknown) => boolean>> = {
  event_type: (value) => text(value) && String(value).length <= 255,
  event_id: (value) => text(value) && String(value).length <= 255,
  ...{ user_id: text, session_id: text, resource: text, action: text, user_agent: text },
  actor_type: (value) => ['person', 'service', 'system'].includes(value as string),
  outcome: (value) => ['Success', 'Failure', 'Warning', 'Information'].includes(value as string),
  risk_score: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 100,
  ip_address: (value) => typeof value === 'string' && /^(\d{1,3}(\.\d{1,3}){3}|[\da-f]*:[\da-f:.]*)$/i.test(value),
  metadata: object,
  personal: object,
  subjects: Array.isArray,
}

/** An event of what was logged. What names no `event_type` is a `log.<level>`; nothing that was said is left out. */
export function eventOf({ at, level, outcome, message, fields }: LogLine): Record<string, unknown> {
  const told = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)
  const isMember = ([name, value]: [string, unknown]) => Object.hasOwn(MEMBERS, name) && MEMBERS[name]?.(value) === true
  const { event_data: data, ...others } = Object.fromEntries(told.filter((one) => !isMember(one)))
  return {
    ...{ event_type: `log.${level}`, outcome, occurred_at: at.toISOString() },
    ...Object.fromEntries(told.filter(isMember)),
    event_data: {
      ...(message !== null && { message }),
      ...others,
      ...(object(data) ? (data as object) : data !== undefined && { event_data: data }),
    },
  }
}
