import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseVerifierKey, type VerifierKey } from '@probity/core'
import { nodeCrypto, verifyExport } from '@probity/verifier/node'
import { type TestServer, testServer, until } from '../support/server.ts'
import { someEvent } from './build-log.ts'
import { freeze, keepCopy, putBack } from './tamper.ts'

// Somebody kept a checkpoint and the key, and nothing else; the owner of both databases does what they like.

let server: TestServer
let trusted: VerifierKey[]
let next = 0
before(async () => {
  server = await testServer()
  await write(300)
  const { keys } = (await server.call('GET', '/v1/audit/key')).body
  trusted = keys.map((key: string) => parseVerifierKey(nodeCrypto.sha256, key))
})
after(() => server.stop())

async function write(events: number): Promise<void> {
  const body = Array.from({ length: events }, () => someEvent(next++, 'pinned'))
  assert.equal((await server.call('POST', '/v1/audit/events', body)).body.accepted, events)
}

const checkpoint = async () => (await server.call('GET', '/v1/audit/checkpoint')).text

/** What an offline verifier finds in the export that the server gives now, alone and with each of the pins. */
async function found(...pins: string[]): Promise<string[]> {
  const headers = { authorization: `Bearer ${server.token}` }
  const answer = await fetch(`${server.url}/v1/audit/export`, { headers })
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const source = {
    async *open() {
      yield bytes
    },
  }
  const options = [{}, ...pins.map((pin) => ({ pin }))]
  const results = await Promise.all(options.map((one) => verifyExport(source, trusted, one)))
  return results.map((result) => (result.verified ? 'verified' : result.code))
}

/** The log of before, of which nobody in the house knows that it was longer. */
async function goBack(): Promise<void> {
  await freeze(server)
  await putBack(server)
  await server.keystoreSql('DELETE FROM witnessed_heads')
}

test('a log that was put back verifies alone, and not by who kept a checkpoint; grown again it is a fork', async () => {
  await until('the inbox is empty', async () => (await server.sql('SELECT 1 FROM audit_inbox')).length === 0)
  const early = await checkpoint()
  await keepCopy(server)
  await write(50)
  const pin = await checkpoint()
  assert.deepEqual(await found(early, pin), ['verified', 'verified', 'verified'])

  await goBack()
  assert.deepEqual(await found(early, pin), ['verified', 'verified', 'ROLLBACK'])

  await server.sql(`UPDATE audit_sequencers SET expires_at = '-infinity'`)
  await until(
    'the log is written again',
    async () => {
      const { body } = await server.call('POST', '/v1/audit/events', { event_type: 'in.its.place' })
      return Number.isInteger(body.results?.[0].index)
    },
    20_000,
  )
  await write(100)
  assert.deepEqual(await found(early, pin, await checkpoint()), ['verified', 'verified', 'FORK', 'verified'])
})
