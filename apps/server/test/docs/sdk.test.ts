import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type TestServer, testServer, until } from '../support/server.ts'
import { codeBlocks, ROOT } from './pages.ts'

const WRITTEN_FOR = 'http://127.0.0.1:4400'

let server: TestServer
let folder: string
before(async () => {
  server = await testServer()
  await mkdir(join(ROOT, '.probity'), { recursive: true })
  folder = await mkdtemp(join(ROOT, '.probity', 'documents-')) // from where packages are found
})
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

/** What the page says that there is, before each block. */
const given = (eventId: string) => `
  import { EventQueue, Probity } from '@probity/sdk'
  import express from 'express'
  const client = new Probity({ url: '${server.url}', token: process.env.PROBITY_TOKEN })
  const nothing = (_request, response) => response.end()
  Object.assign(globalThis, {
    ...{ client, eventId: '${eventId}', queue: new EventQueue({ client, milliseconds: 1 }), app: express() },
    ...{ issuer: '${server.url}/oidc/${server.tenantId}', clientId: 'a', clientSecret: 'b' },
    ...{ front: nothing, document: nothing, payment: nothing },
  })`

test('each block about the SDK runs, and what it records is in the log', async () => {
  const blocks = codeBlocks().filter(({ page, language }) => page === 'docs/sdk.md' && language === 'ts')
  assert.ok(blocks.length >= 8)
  const sent = await server.call('POST', '/v1/audit/events', { event_type: 'page.read' })
  await writeFile(join(folder, 'given.mjs'), given(sent.body.results[0].event_id))
  const files = await Promise.all(
    blocks.map(async ({ text }, i) => {
      const file = join(folder, `block-${i}.ts`)
      await writeFile(file, text.replaceAll(WRITTEN_FOR, server.url))
      return file
    }),
  )
  const program = ['./given.mjs', ...files].map((file) => `await import(${JSON.stringify(file)})`).join('\n')
  await writeFile(join(folder, 'all.mjs'), program)
  const child = spawn(process.execPath, ['all.mjs'], {
    ...{ cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { ...process.env, PROBITY_TOKEN: server.token, NODE_NO_WARNINGS: '1' },
  })
  let told = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece) => {
      told += piece
    })
  assert.deepEqual(await once(child, 'close'), [0, null], told)
  assert.match(told, /^true$/m, 'the receipt was verified')
  for (const [type, count] of [
    ['invoice.paid', 3],
    ['order.placed', 1],
  ] as const)
    await until(`${count} of ${type}`, async () => {
      const { body } = await server.call('GET', `/v1/audit/events?event_type=${type}`)
      return body.events.length === count
    })
})
