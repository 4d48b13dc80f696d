import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { canonicalize, encodeUtf8, parseStrict } from '@probity/core'
import { missing, sharedData } from './shared-data.ts'

const absent = missing('jcs')
const names = absent ? [] : readdirSync(sharedData('jcs/input'))
const read = (path: string) => readFileSync(sharedData(`jcs/${path}`), 'utf8')

test('RFC 8785: every input has the canonical form of its output', { skip: absent }, () => {
  assert.ok(names.length >= 6)
  for (const name of names) {
    const canonical = canonicalize(parseStrict(read(`input/${name}`)))
    assert.equal(canonical, read(`output/${name}`).trimEnd(), name)
    const hex = Buffer.from(encodeUtf8(canonical)).toString('hex')
    assert.equal(hex, read(`outhex/${name.replace('.json', '.txt')}`).replaceAll(/\s/g, ''), name)
  }
})
