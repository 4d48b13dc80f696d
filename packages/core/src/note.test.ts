import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crypto, sha256, signer } from '../test/crypto.ts'
import { formatCheckpoint, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { formatNote, formatVerifierKey, keyId, openNote, parseNote, parseVerifierKey, signatureLine } from './note.ts'

const origin = 'log.example/0190a5c4-7f00-7000-8000-000000000001'
const mine = signer(1)
const other = signer(2)
const key = parseVerifierKey(sha256, formatVerifierKey(sha256, origin, mine.publicKey))
const otherKey = parseVerifierKey(sha256, formatVerifierKey(sha256, 'other.example', other.publicKey))
const sign = (text: string, name = origin, by = mine) =>
  signatureLine(name, keyId(sha256, name, by.publicKey), by.sign(text))
const text = formatCheckpoint({ origin, size: 3, root: sha256(Buffer.from('root')) })
const note = formatNote(text, [sign(text)])
const malformed = { name: 'FormatError' }
const missing = { name: 'VerificationError', code: 'SIGNATURE_MISSING' }
const invalid = { name: 'VerificationError', code: 'SIGNATURE_INVALID' }

test('the note of the specification opens with its key', () => {
  const vkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
  const parsed = parseVerifierKey(sha256, vkey)
  assert.equal(formatVerifierKey(sha256, parsed.name, parsed.publicKey), vkey)
  const signature = 'Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM='
  const opened = openNote(`This is an example message.\n\n— example.com/foo ${signature}\n`, [parsed], crypto)
  assert.equal(opened.text, 'This is an example message.\n')
  assert.deepEqual(opened.keys, [parsed])
})

test('the trusted keys that signed are named, lines of others are ignored', () => {
  const both = formatNote(text, [sign(text, 'other.example', other), sign(text), sign(text)])
  assert.deepEqual(openNote(both, [key], crypto), { text, keys: [key] })
  assert.deepEqual(openNote(both, [key, otherKey], crypto).keys, [otherKey, key])
})

test('a note without a trusted line is refused', () => {
  assert.throws(() => openNote(note, [otherKey], crypto), missing)
  assert.throws(() => openNote(note, [], crypto), missing)
})

test('a line of a trusted key that does not verify refuses the note, whatever else signed it', () => {
  const forged = signatureLine(origin, key.keyId, other.sign(text))
  const bad = formatNote(text, [forged, sign(text, 'other.example', other)])
  assert.throws(() => openNote(bad, [key, otherKey], crypto), invalid)
})

test('no character of a signed text can change', () => {
  fc.assert(
    fc.property(fc.nat(text.length - 2), fc.constantFrom('x', '0', '\n', 'é'), (at, character) => {
      fc.pre(text[at] !== character)
      const changed = `${text.slice(0, at)}${character}${text.slice(at + 1)}\n${sign(text)}`
      assert.throws(() => openNote(changed, [key], crypto))
    }),
  )
})

test('the text may have empty lines: the last one ends it', () => {
  const long = 'a\n\nb\n'
  assert.equal(openNote(formatNote(long, [sign(long)]), [key], crypto).text, long)
})

test('any text is a note or refused with a FormatError', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('\n', '— ', 'a', ' ', '=', 'QUJDREVG', '\u0000', '+') }),
      (garbage) => {
        try {
          parseNote(garbage)
        } catch (error) {
          assert.equal((error as Error).name, 'FormatError')
        }
      },
    ),
    { numRuns: 2000 },
  )
  assert.throws(() => parseNote(`${text}\n${sign(text).repeat(101)}`), malformed)
  assert.throws(() => parseNote(note.slice(0, -1)), malformed)
})

test('a verifier key with the id of another key, another algorithm or length is refused', () => {
  const good = formatVerifierKey(sha256, origin, mine.publicKey)
  assert.throws(() => parseVerifierKey(sha256, good.replace(/\+[0-9a-f]{8}\+/, '+00000000+')), malformed)
  assert.throws(() => parseVerifierKey(sha256, formatVerifierKey(sha256, origin, mine.publicKey, 4)), malformed)
  assert.throws(() => parseVerifierKey(sha256, formatVerifierKey(sha256, origin, new Uint8Array(31))), malformed)
  assert.throws(() => formatVerifierKey(sha256, 'a b', mine.publicKey), malformed)
  for (const text of ['', '++', 'a+00000000', `${good}x`, good.toUpperCase()]) {
    assert.throws(() => parseVerifierKey(sha256, text), malformed)
  }
})

test('a checkpoint is parsed back', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (size, root) => {
      assert.deepEqual(parseCheckpoint(formatCheckpoint({ origin, size, root })), { origin, size, root })
    }),
  )
})

test('a checkpoint of another spelling is refused', () => {
  const [, , root] = text.split('\n')
  const texts = [
    `${origin}\n03\n${root}\n`,
    `${origin}\n+3\n${root}\n`,
    `${origin}\n9007199254740992\n${root}\n`,
    `\n3\n${root}\n`,
    `${origin}\n3\n${root}`,
    `${origin}\n3\nQUJD\n`,
    `${origin}\n3\n`,
    `${origin}\n3\n${root}\n\n`,
    `${text}extension\n`,
  ]
  for (const bad of texts) assert.throws(() => parseCheckpoint(bad), malformed, bad)
  assert.equal(parseCheckpoint(`${text}extension\n`, { extensions: true }).size, 3)
})

test('a trusted key of another log does not speak for this one', () => {
  const foreign = formatNote(text, [sign(text, 'other.example', other)])
  assert.throws(() => openCheckpoint(foreign, [key, otherKey], crypto), { code: 'ORIGIN_MISMATCH' })
  assert.equal(openCheckpoint(note, [key, otherKey], crypto).size, 3)
})
