import type { EventQueue } from '../queue/event-queue.ts'
import { eventOf } from './event.ts'

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

/** Attributes of the semantic conventions that say what members of an event say. */
const MEMBER_OF: Readonly<Record<string, string>> = {
  ...{ 'enduser.id': 'user_id', 'user.id': 'user_id', 'session.id': 'session_id' },
  ...{ 'client.address': 'ip_address', 'user_agent.original': 'user_agent' },
}
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

  /** Calls back when the records are kept; they are in the log later. */
  export(records: readonly LogRecord[], done: (result: ExportResult) => void): void {
    Promise.all(records.map((record) => this.#queue.add(eventOfRecord(record)))).then(
      () => done({ code: 0 }),
      (reason: unknown) => done({ code: 1, error: reason instanceof Error ? reason : new Error(String(reason)) }),
    )
  }

  forceFlush(): Promise<void> {
    return this.#queue.flush()
  }

  shutdown(): Promise<void> {
    return this.#queue.close()
  }
}

function eventOfRecord(record: LogRecord): Record<string, unknown> {
  const { hrTime, eventName, severityNumber = 0, severityText, body, attributes, spanContext } = record
  const [, severity] = SEVERITIES.find(([least]) => severityNumber >= least) ?? [
    0,
    severityText?.toLowerCase() ?? 'info',
  ]
  const named = Object.entries(attributes).map(([name, value]) => [MEMBER_OF[name] ?? name, plain(value)])
  return eventOf({
    at: new Date(hrTime[0] * 1000 + hrTime[1] / 1e6),
    level: severity,
    outcome: severityNumber >= 17 ? 'Failure' : severityNumber >= 13 ? 'Warning' : 'Information',
    message: typeof body === 'string' ? body : null,
    fields: {
      ...(eventName && { event_type: eventName }),
      ...Object.fromEntries(named),
      ...(typeof body !== 'string' && { body: plain(body) }),
      ...(spanContext && { trace_id: spanContext.traceId, span_id: spanContext.spanId }),
      ...{ service: (record.resource.attributes as Record<string, unknown>)['service.name'] },
      logger: record.instrumentationScope.name || undefined,
    },
  })
}

/** What JSON has no form for: bytes as base64, numbers beyond it as texts. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value))
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
}
