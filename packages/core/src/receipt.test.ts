import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crypto, sha256, signer } from '../test/crypto.ts'
import { leaves } from '../test/leaves.ts'
import { mth, path } from '../test/rfc9162.ts'
import { formatCheckpoint } from './checkpoint.ts'
import { encodeLeaf } from './leaf.ts'
import { formatNote, formatVerifierKey, keyId, parseVerifierKey, signatureLine } from './note.ts'
import { formatReceipt, openReceipt, parseReceipt } from './receipt.ts'

const origin = 'log.example/tenant'
const { publicKey, sign } = signer(1)
const keys = [parseVerifierKey(sha256, formatVerifierKey(sha256, origin, publicKey))]

const receipts = fc
  .tuple(leaves, fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 }), fc.nat())
  .map(([leaf, others, n]) => {
    const index = n % (others.length + 1)
    const tree = [...others.slice(0, index), encodeLeaf(leaf), ...others.slice(index)]
    const text = formatCheckpoint({ origin, size: tree.length, root: mth(tree) })
    const checkpoint = formatNote(text, [signatureLine(origin, keyId(sha256, origin, publicKey), sign(text))])
    return { leaf: encodeLeaf(leaf), index, proof: path(index, tree), checkpoint }
  })

test('a receipt is parsed back and opens', () => {
  fc.assert(
    fc.property(receipts, (receipt) => {
      const text = formatReceipt(receipt)
      assert.deepEqual(Buffer.from(parseReceipt(text).leaf), Buffer.from(receipt.leaf))
      assert.equal(formatReceipt(parseReceipt(text)), text)
      const opened = openReceipt(text, keys, crypto)
      assert.equal(opened.index, receipt.index)
      assert.deepEqual(encodeLeaf(opened.leaf), receipt.leaf)
    }),
  )
})

test('no character of a receipt can change', () => {
  fc.assert(
    fc.property(receipts, fc.nat(), fc.constantFrom(...'A0/=\n —x'), (receipt, n, character) => {
      const text = formatReceipt(receipt)
      const at = n % text.length
      fc.pre(text[at] !== character)
      assert.throws(() => openReceipt(text.slice(0, at) + character + text.slice(at + 1), keys, crypto))
    }),
    { numRuns: 1000 },
  )
})

test('a receipt that is cut off or of another spelling is refused', () => {
  const [receipt] = fc.sample(receipts, { numRuns: 1, seed: 1 })
  const text = formatReceipt(receipt as NonNullable<typeof receipt>)
  for (let length = 0; length < text.length; length++)
    assert.throws(() => openReceipt(text.slice(0, length), keys, crypto))
  for (const bad of [
    text.replace('index ', 'index 0'),
    text.replace('@v1', '@v2'),
    text.replace(/extra .*\n/, ''),
    `\n${text}`,
    `${text}\n`,
  ]) {
    assert.throws(() => openReceipt(bad, keys, crypto))
  }
})
