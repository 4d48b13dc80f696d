import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { browserCrypto } from '@probity/verifier/browser'
import { nodeCrypto } from '@probity/verifier/node'
import { missing, sharedData } from './shared-data.ts'

const providers = { node: nodeCrypto, browser: browserCrypto }
const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

interface Suite<Group> {
  numberOfTests: number
  testGroups: Group[]
}

interface Ed25519Group {
  publicKey: { pk: string }
  tests: { tcId: number; comment: string; msg: string; sig: string; result: string }[]
}

interface HkdfGroup {
  tests: {
    tcId: number
    ikm: string
    salt: string
    info: string
    size: number
    okm: string
    result: string
  }[]
}

function groups<Group>(name: string): Group[] {
  const suite: Suite<Group> = JSON.parse(readFileSync(sharedData(`wycheproof/${name}`), 'utf8'))
  return suite.testGroups
}

for (const [name, crypto] of Object.entries(providers)) {
  const ed25519 = 'ed25519_test.json'
  test(`Ed25519 on ${name}: valid signatures verify, invalid ones do not`, {
    skip: missing(`wycheproof/${ed25519}`),
  }, () => {
    for (const { publicKey, tests } of groups<Ed25519Group>(ed25519)) {
      for (const { tcId, comment, msg, sig, result } of tests) {
        const verified = crypto.ed25519Verify(hex(publicKey.pk), hex(msg), hex(sig))
        assert.equal(verified, result === 'valid', `${tcId} ${comment}`)
      }
    }
  })

  const hkdf = 'hkdf_sha256_test.json'
  test(`HKDF-SHA256 on ${name}: every vector`, { skip: missing(`wycheproof/${hkdf}`) }, () => {
    for (const { ikm, salt, info, size, okm, result, tcId } of groups<HkdfGroup>(hkdf).flatMap(({ tests }) => tests)) {
      const derive = () => crypto.hkdfSha256(hex(ikm), hex(salt), hex(info), size)
      if (result === 'invalid') assert.throws(derive, `${tcId}`)
      else assert.equal(Buffer.from(derive()).toString('hex'), okm, `${tcId}`)
    }
  })
}
