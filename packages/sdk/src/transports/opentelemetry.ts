import { isMember } from '../event-members.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import { eventOf, unreadableRecord } from './event.ts'

export { unreadable } from './event.ts'

/** A record of `@opentelemetry/sdk-logs`, as far as it is read here. */
interface LogRecord {
  /** Seconds and nanoseconds since 1970. */
  hrTime: readonly [number, number]
  eventName?: string | undefined
  severityNumber?: number | undefined
  severityText?: string | undefined
  body?: unknown
  attributes: object
  spanContext?: { traceId: string; spanId: string } | undefined
  resource: { attributes: object }
  instrumentationScope: { name: string }
}

interface ExportResult {
  /** ExportResultCode: 0 is success, 1 is failure. */
  code: number
  error?: Error
}

/**
 * Attributes of the semantic conventions that say what members of an event say. The first of a member that the server takes is that
 * member, after one that has its own name; others stay data.
 */
const CONVENTIONS = [
  ['user_id', ['enduser.id', 'user.id']],
  ['session_id', ['session.id']],
  ['ip_address', ['client.address']],
  ['user_agent', ['user_agent.original']],
] as const
/** Lowest numbers of the severities (OpenTelemetry Logs Data Model). */
const SEVERITIES = [
  [21, 'fatal'],
  [17, 'error'],
  [13, 'warn'],
  [9, 'info'],
  [5, 'debug'],
  [1, 'trace'],
] as const

/**
 * A LogRecordExporter of OpenTelemetry's SDK: `new BatchLogRecordProcessor({ exporter: new ProbityLogExporter({ queue }) })`.
 * A record's `eventName` is the event's type; one without is a `log.<severity>`. The queue is yours, and closed with the exporter.
 */
export class ProbityLogExporter {
  readonly #queue: Pick<EventQueue, 'add' | 'flush' | 'close'>

  constructor({ queue }: { queue: Pick<EventQueue, 'add' | 'flush' | 'close'> }) {
    this.#queue = queue
  }

  /** Calls back when the records are kept; they are in the log later. One that cannot be read is a `log.unreadable`. */
  export(records: readonly LogRecord[], done: (result: ExportResult) => void): void {
    const kept = records.map(async (record) => this.#queue.add(readOf(record)))
    Promise.allSettled(kept).then((results) => {
      const failed = results.find((one) => one.status === 'rejected')
      if (!failed) return done({ code: 0 })
      const { reason } = failed
      done({ code: 1, error: reason instanceof Error ? reason : new Error(String(reason)) })
    })
  }

  forceFlush(): Promise<void> {
    return this.#queue.flush()
  }

  shutdown(): Promise<void> {
    return this.#queue.close()
  }
}

function readOf(record: LogRecord): object {
  try {
    return eventOfRecord(record)
  } catch (error) {
    return unreadableRecord(error)
  }
}

function eventOfRecord(record: LogRecord): object {
  const { hrTime, eventName, severityNumber = 0, severityText, body, attributes, spanContext } = record
  const [, severity] = SEVERITIES.find(([least]) => severityNumber >= least) ?? [
    0,
    severityText?.toLowerCase() ?? 'info',
  ]
  const { 'service.name': service } = record.resource.attributes as Record<string, unknown> // it may have any
  return eventOf({
    at: hrTime[0] * 1000 + hrTime[1] / 1e6,
    time: hrTime,
    level: severity,
    outcome: severityNumber >= 17 ? 'Failure' : severityNumber >= 13 ? 'Warning' : 'Information',
    message: typeof body === 'string' ? body : null,
    fields: [
      ['event_type', eventName || undefined],
      ...named(Object.entries(attributes)),
      ['body', typeof body === 'string' ? undefined : body],
      ['trace_id', spanContext?.traceId],
      ['span_id', spanContext?.spanId],
      ['service', service],
      ['logger', record.instrumentationScope.name || undefined],
    ],
  })
}

/** Attributes under the names of the members that they are. */
function named(attributes: [string, unknown][]): [string, unknown][] {
  const given = new Map(attributes)
  const members = new Map<string, string>()
  for (const [member, names] of CONVENTIONS) {
    const first = [member, ...names].find((name) => isMember(member, given.get(name)))
    if (first !== undefined) members.set(first, member)
  }
  return attributes.map(([name, value]) => [members.get(name) ?? name, value])
}
