import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { testInstallation, testServer } from '../support/server.ts'

const event = { event_type: 'a.b', action: 'do', outcome: 'Success' }

/** Opens a request and answers what ends it. */
function open(url: string, token: string, method: string, path: string, body: string | null) {
  let begun = () => {}
  const answering = new Promise<void>((resolve) => {
    begun = resolve
  })
  const ended = new Promise<string>((resolve) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' }
    const call = request(url + path, { method, headers }, (answer) => {
      begun()
      answer.resume().on('close', () => resolve(answer.complete ? `answered ${answer.statusCode}` : 'cut off'))
    })
    call.on('error', () => resolve('cut off'))
    if (body === null) call.end()
    else call.write(body, () => begun())
  })
  return { answering, ended }
}

test('an open tail does not hold up a stop', async () => {
  const server = await testServer({ stop_grace_seconds: '3600' })
  const tail = open(server.url, server.token, 'GET', '/v1/audit/tail', null)
  await tail.answering
  await server.stop()
  assert.equal(await tail.ended, 'cut off')
})

test('a stream that never ends does not hold up a stop beyond its grace, and what was acknowledged stays', async () => {
  const installation = await testInstallation()
  try {
    const server = await testServer({ stop_grace_seconds: '1' }, installation)
    const { event_id } = (await server.call('POST', '/v1/audit/events', event)).body.results[0]
    const stream = open(server.url, server.token, 'POST', '/v1/audit/ingest', `${JSON.stringify(event)}\n`)
    await stream.answering
    await server.stop()
    assert.match(await stream.ended, /^(cut off|answered [45])/)
    const again = await testServer({}, installation)
    const read = await again.call('GET', `/v1/audit/events/${event_id}`, undefined, { token: server.token })
    assert.equal(read.status, 200, read.text)
    await again.stop()
  } finally {
    await installation.release()
  }
})
