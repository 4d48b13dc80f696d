import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { isInside, Outside } from './outside.ts'

test('addresses of the machine, its networks, the cloud’s own and of many hosts are inside, in each way to write them', () => {
  const inside = ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0']
  const more = ['::1', '::', '::ffff:127.0.0.1', '::ffff:a00:1', 'fe80::1', 'fd00::1', 'ff02::1', '64:ff9b::7f00:1']
  for (const address of [...inside, ...more, '224.0.0.1', '255.255.255.255', 'no address'])
    assert.equal(isInside(address), true, address)
  for (const address of ['1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111'])
    assert.equal(isInside(address), false, address)
})

test('nothing inside is asked, neither by address nor by a name that leads there, nor anything without TLS', async () => {
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    response.end('secret')
  }).listen(0, '127.0.0.1')
  server.on('connection', () => asked++)
  await once(server, 'listening')
  const outside = new Outside(false)
  const inside = new Outside(true)
  try {
    const { port } = server.address() as AddressInfo
    for (const url of ['http://127.0.0.1', 'https://127.0.0.1', 'https://localhost', 'https://[::ffff:127.0.0.1]'])
      await assert.rejects(outside.fetch(`${url}:${port}/`), url)
    assert.equal(asked, 0)
    assert.equal(await (await inside.fetch(`http://localhost:${port}/`)).text(), 'secret')
  } finally {
    await outside.stop()
    await inside.stop()
    server.close()
  }
})

test('a redirect leads nowhere, and an answer without end is cut', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/endless') return void response.write(Buffer.alloc(2_000_000))
    response.writeHead(302, { location: '/endless' }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const inside = new Outside(true)
  try {
    const { port } = server.address() as AddressInfo
    assert.equal((await inside.fetch(`http://127.0.0.1:${port}/`)).status, 302)
    await assert.rejects((await inside.fetch(`http://127.0.0.1:${port}/endless`)).text())
  } finally {
    await inside.stop()
    server.closeAllConnections()
    server.close()
  }
})
