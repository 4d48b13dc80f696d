import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describe, newSecret, stepOf } from './totp.ts'

// The secret of RFC 4226 appendix D and of RFC 6238 appendix B for SHA-1.
const SECRET = Buffer.from('12345678901234567890')

test('the codes are those of RFC 4226 appendix D', () => {
  const codes = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ')
  for (const [step, code] of codes.entries()) assert.equal(stepOf(SECRET, code, step * 30_000), step)
})

test('the codes are those of RFC 6238 appendix B, of which six digits are shown', () => {
  const vectors: [number, string][] = [
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ]
  for (const [seconds, code] of vectors)
    assert.equal(stepOf(SECRET, code.slice(2), seconds * 1000), Math.floor(seconds / 30))
})

test('a code is good for its step, one before and one after, and for no other', () => {
  const at = 1111111111_000
  const good = [-2, -1, 0, 1, 2].map((off) => stepOf(SECRET, '050471', at + off * 30_000) !== null)
  assert.deepEqual(good, [false, true, true, true, false])
})

test('whatever is no six digits is no code', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^\d{6}$/.test(text))
      assert.equal(stepOf(SECRET, text, 0), null)
    }),
  )
})

test('what an authenticator is told holds the secret and whose it is, whatever the name', () => {
  const secret = newSecret()
  const { key, uri } = describe(secret, 'ada:l&x=1@first.example')
  const url = new URL(uri)
  assert.deepEqual([url.protocol, url.host, url.searchParams.get('secret')], ['otpauth:', 'totp', key])
  assert.equal(decodeURIComponent(url.pathname), '/Probity:ada:l&x=1@first.example')
  assert.equal(key.length, 32)
})
