import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

/**
 * OpenTelemetry traces, sent by OTLP over HTTP to the collector that is set; to nobody by default. A span has a route,
 * a method, a status and counts: no URL, no address and no name.
 */
export class Tracing {
  readonly #provider: TracerProvider | null
  readonly #tracer: Tracer | null
  readonly #propagator = new W3CTraceContextPropagator()

  /** `url`: where the collector takes traces, such as http://collector:4318/v1/traces; null: no traces. */
  constructor(url: string | null, version: string) {
    this.#provider =
      url === null
        ? null
        : new TracerProvider({
            resource: resourceFromAttributes({ 'service.name': 'probity', 'service.version': version }),
            spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
          })
    this.#tracer = this.#provider?.getTracer('probity', version) ?? null
  }

  /** Begins the span of a request, below the caller's (W3C Trace Context). */
  request(method: string, route: string, headers: Record<string, unknown>): Span | null {
    if (!this.#tracer) return null
    const parent: Context = this.#propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
    const attributes = { 'http.request.method': method, 'http.route': route }
    return this.#tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent)
  }

  /** Ends a request's span (OpenTelemetry semantic conventions for HTTP). */
  answered(span: Span, status: number): void {
    span.setAttribute('http.response.status_code', status)
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
  }

  /** Does work within a span; `attributes` are read when it is over. */
  async within<T>(name: string, attributes: () => Attributes, work: () => Promise<T>): Promise<T> {
    if (!this.#tracer) return work()
    const span = this.#tracer.startSpan(name)
    try {
      return await work()
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.setAttributes(attributes())
      span.end()
    }
  }

  /** Sends what is left. A collector that does not answer keeps nobody. */
  async stop(): Promise<void> {
    await this.#provider?.shutdown().catch(() => undefined)
  }
}
