import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Prometheus metrics of this process. */
export class Telemetry {
  readonly #registry = new Registry()
  readonly #requests = new Histogram({
    name: 'probity_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers: [this.#registry],
  })
  readonly #verifications = new Counter({
    name: 'probity_audit_self_verifications_total',
    help: 'Scheduled verifications of logs, by result',
    labelNames: ['result'],
    registers: [this.#registry],
  })
  readonly #waiting = new Gauge({
    name: 'probity_audit_waiting_events',
    help: 'Events that wait to be sequenced here',
    registers: [this.#registry],
  })
  readonly #leads = new Gauge({
    name: 'probity_audit_sequencer_leads',
    help: '1 while this process sequences',
    registers: [this.#registry],
  })

  readonly #blocked = new Gauge({
    name: 'probity_audit_blocked_logs',
    help: 'Logs that take nothing, because what is stored of them is not what was signed',
    registers: [this.#registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry, prefix: 'probity_' })
  }

  measureRequest(route: string, method: string, status: number, seconds: number): void {
    this.#requests.observe({ route, method, status }, seconds)
  }

  countVerification(valid: boolean): void {
    this.#verifications.inc({ result: valid ? 'valid' : 'invalid' })
  }

  /** The metrics in Prometheus' text format. */
  async text(state: { waiting: number; leads: boolean; blocked: number }): Promise<string> {
    this.#waiting.set(state.waiting)
    this.#blocked.set(state.blocked)
    this.#leads.set(state.leads ? 1 : 0)
    return this.#registry.metrics()
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE
}
