import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byName } from './by-name.ts'

test('this machine is reached by its name, whatever its number, and others as they are called', () => {
  for (const [told, named] of [
    ['http://127.0.0.1:4400', 'http://localhost:4400'],
    ['http://127.1.2.3', 'http://localhost'],
    ['http://[::1]:4400', 'http://localhost:4400'],
    ['https://probity.example/audit', 'https://probity.example'],
    ['http://192.0.2.7:4400', 'http://192.0.2.7:4400'],
    ['http://127.0.0.1.example', 'http://127.0.0.1.example'],
  ] as const)
    assert.equal(byName(told).origin, named)
  assert.equal(byName('http://127.0.0.1:4400/below').href, 'http://localhost:4400/below')
})
