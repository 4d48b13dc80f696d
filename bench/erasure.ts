// One person of 100,000 is erased: how long it takes, certificate and receipt included.
import { testServer } from '../apps/server/test/support/server.ts'
import { machine, spread, timed } from './support.ts'

const PEOPLE = 100_000
const ROUNDS = 10

const server = await testServer()
try {
  const lines = Array.from({ length: PEOPLE }, (_, i) =>
    JSON.stringify({
      event_type: 'document.read',
      user_id: `person-${i}@example.org`,
      action: 'read',
      outcome: 'Success',
      ip_address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
    }),
  ).join('\n')
  const { milliseconds, result } = await timed(() =>
    server.call('POST', '/v1/audit/ingest', lines, { headers: { 'content-type': 'application/x-ndjson' } }),
  )
  if (result.body.accepted !== PEOPLE) throw new Error(result.text)
  const erasures: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const erased = await timed(() =>
      server.call('DELETE', `/v1/privacy/data-subjects/person-${round * 9_973}@example.org`, {}),
    )
    if (erased.result.body.status !== 'Completed') throw new Error(erased.result.text)
    erasures.push(erased.milliseconds)
  }
  const verified = await server.call('POST', '/v1/audit/verify', {})
  if (verified.body.valid !== true) throw new Error(verified.text)
  console.table({ 'erase 1 of 100,000 (ms)': spread(erasures) })
  console.log(
    JSON.stringify({ machine: machine(), new_people_ms: milliseconds, erase_ms: spread(erasures), proofs_broken: 0 }),
  )
} finally {
  await server.stop()
}
