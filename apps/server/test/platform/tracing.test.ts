import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { testServer, until } from '../support/server.ts'

interface Sent {
  traceId: string
  parentSpanId?: string
  name: string
  attributes: { key: string; value: object }[]
}

/** A collector: takes OTLP over HTTP in JSON and keeps the spans. */
async function collector() {
  const spans: Sent[] = []
  const server = createServer(async (request, answer) => {
    let text = ''
    for await (const piece of request) text += piece
    for (const { scopeSpans } of JSON.parse(text).resourceSpans)
      for (const { spans: some } of scopeSpans) spans.push(...some)
    answer.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { spans, url: `http://127.0.0.1:${port}/v1/traces`, close: () => server.close() }
}

test('requests and flushes are traced to the collector that is set, below the caller, and without names or addresses', async () => {
  const { spans, url, close } = await collector()
  const server = await testServer({ otlp_traces_url: url })
  const traceId = 'ab'.repeat(16)
  try {
    const event = { event_type: 'traced', user_id: 'Grace Hopper', ip_address: '192.0.2.55' }
    const headers = { traceparent: `00-${traceId}-${'cd'.repeat(8)}-01` }
    assert.equal((await server.call('POST', '/v1/audit/events', event, { headers })).status, 200)
    await server.call('GET', '/v1/audit/events?user_id=Grace%20Hopper')
  } finally {
    await server.stop()
  }
  await until('the spans are there', () => spans.some((span) => span.traceId === traceId))
  const request = spans.find((span) => span.traceId === traceId)
  assert.equal(request?.name, 'POST /v1/audit/events')
  assert.equal(request?.parentSpanId, 'cd'.repeat(8))
  assert.ok(request?.attributes.some(({ key }) => key === 'http.response.status_code'))
  assert.ok(spans.some((span) => span.name === 'audit.flush'))
  assert.doesNotMatch(JSON.stringify(spans), /Grace|Hopper|192\.0\.2\.55/)
  close()
})
