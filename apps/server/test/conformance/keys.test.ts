import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { encodeEnvelope } from '@probity/core'
import { deriveKey, openField, sealField, unwrapKey, wrapKey } from '../../src/domains/keys/ciphers.ts'
import { missing, sharedData } from './shared-data.ts'

interface Vector {
  tcId: number
  comment: string
  key: string
  msg: string
  ct: string
  result: 'valid' | 'acceptable' | 'invalid'
}
interface AeadVector extends Vector {
  iv: string
  aad: string
  tag: string
}
interface HkdfVector {
  tcId: number
  ikm: string
  salt: string
  info: string
  size: number
  okm: string
}
interface Group<V> {
  keySize: number
  ivSize: number
  tagSize: number
  tests: V[]
}

const hex = (text: string) => Buffer.from(text, 'hex')
function groups<V>(file: string): Group<V>[] {
  return (JSON.parse(readFileSync(sharedData(`wycheproof/${file}`), 'utf8')) as { testGroups: Group<V>[] }).testGroups
}

const gcm = 'aes_gcm_test.json'
test('AES-256-GCM as fields are sealed: the valid vectors are its own ciphertexts, no invalid one is opened', {
  skip: missing(`wycheproof/${gcm}`),
}, () => {
  const tests = groups<AeadVector>(gcm)
    .filter(({ keySize, ivSize, tagSize }) => keySize === 256 && ivSize === 96 && tagSize === 128)
    .flatMap((group) => group.tests)
  assert.ok(tests.length > 50)
  // A field's associated data is our own; the vector's nonce, message and tag go through the same cipher and layout.
  const context = { tenant: 't', table: 'a', column: 'b', row: 'c', subject: 'd', class: 'e' }
  const keyId = '00000000-0000-4000-8000-000000000001'
  for (const { tcId, comment, key, iv, msg, ct, tag, aad, result } of tests) {
    const cipher = createCipheriv('aes-256-gcm', hex(key), hex(iv))
    cipher.setAAD(hex(aad))
    const made = Buffer.concat([cipher.update(hex(msg)), cipher.final()])
    const right = made.equals(hex(ct)) && cipher.getAuthTag().equals(hex(tag))
    assert.equal(right, result === 'valid', `${tcId} ${comment}`)
    const envelope = sealField(hex(key), { id: keyId, epoch: 1 }, context, hex(msg))
    assert.deepEqual(openField(hex(key), context, envelope), hex(msg), `${tcId} ${comment}`)
    // The vector's own ciphertext and tag do not belong to this place, valid or not.
    const foreign = encodeEnvelope({ suite: 1, keyId, epoch: 1, nonce: hex(iv), ciphertext: hex(ct), tag: hex(tag) })
    assert.throws(() => openField(hex(key), context, foreign), `${tcId} ${comment}`)
  }
})

const kwp = 'aes_kwp_test.json'
test('AES-256-KWP: valid keys wrap and unwrap exactly, invalid ones are refused', {
  skip: missing(`wycheproof/${kwp}`),
}, () => {
  const tests = groups<Vector>(kwp)
    .filter(({ keySize }) => keySize === 256)
    .flatMap((group) => group.tests)
  assert.ok(tests.length > 50)
  for (const { tcId, comment, key, msg, ct, result } of tests) {
    const name = `${tcId} ${comment}`
    if (result === 'valid') {
      assert.deepEqual(wrapKey(hex(key), hex(msg)), hex(ct), name)
      assert.deepEqual(unwrapKey(hex(key), hex(ct)), hex(msg), name)
    } else if (result === 'invalid') {
      assert.throws(() => unwrapKey(hex(key), hex(ct)), name)
    } else {
      const opened = (() => {
        try {
          return unwrapKey(hex(key), hex(ct))
        } catch {
          return null // acceptable: to refuse is right as well
        }
      })()
      if (opened !== null) assert.deepEqual(opened, hex(msg), name)
    }
  }
})

test('AES-256-KWP takes no wrapping key of another length', { skip: missing(`wycheproof/${kwp}`) }, () => {
  const short = groups<Vector>(kwp).find(({ keySize }) => keySize === 128)?.tests[0]
  assert.ok(short)
  assert.throws(() => wrapKey(hex(short.key), hex(short.msg)))
  assert.throws(() => unwrapKey(hex(short.key), hex(short.ct)))
})

const hkdf = 'hkdf_sha256_test.json'
test('HKDF-SHA256: 32 bytes of every vector whose info is text', { skip: missing(`wycheproof/${hkdf}`) }, () => {
  let met = 0
  for (const { tcId, ikm, salt, info, okm, size } of groups<HkdfVector>(hkdf).flatMap(({ tests }) => tests)) {
    const text = hex(info).toString('utf8')
    if (size < 32 || !Buffer.from(text).equals(hex(info)) || okm === '') continue
    assert.deepEqual(deriveKey(hex(ikm), text, hex(salt)), hex(okm).subarray(0, 32), `${tcId}`)
    met++
  }
  assert.ok(met > 10, `only ${met} vectors apply`)
})
