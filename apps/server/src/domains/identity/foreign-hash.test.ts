import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashFault, isForeign, verifyForeign } from './foreign-hash.ts'

/** Known answers: bcrypt of its first authors, PBKDF2 and scrypt of RFC 7914 sections 11 and 12 in Passlib's writing. */
const KNOWN: [hash: string, password: string][] = [
  ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['$2a$10$fVH8e28OQRj9tqiDXs1e1uxpsjN0c7II7YPKXua2NAKYvM6iQk7dq', 'abcdefghijklmnopqrstuvwxyz'],
  [
    `$pbkdf2-sha256$80000$${ab64(Buffer.from('NaCl'))}$${ab64(
      Buffer.from(
        '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
        'hex',
      ),
    )}`,
    'Password',
  ],
  [
    `$scrypt$ln=10,r=8,p=16$${ab64(Buffer.from('NaCl'))}$${ab64(
      Buffer.from(
        'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
        'hex',
      ),
    )}`,
    'password',
  ],
]

function ab64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '').replaceAll('+', '.')
}

test('hashes of other systems are those of their authors’ known answers', async () => {
  for (const [hash, password] of KNOWN) {
    assert.ok(isForeign(hash), hash)
    assert.equal(await verifyForeign(hash, password), true, hash)
    assert.equal(await verifyForeign(hash, `${password}x`), false, hash)
  }
})

test('what would cost too much is not taken over, and what is none of these neither', () => {
  for (const hash of [
    '$2b$31$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkY8jIucDrjc8deX1s.x',
    '$scrypt$ln=30,r=8,p=1$c2FsdA$MDEyMzQ1Njc4OTAxMjM0NTY3ODk',
    '$scrypt$ln=0,r=8,p=1$c2FsdA$MDEyMzQ1Njc4OTAxMjM0NTY3ODk',
    '$pbkdf2-sha256$99999999$c2FsdA$MDEyMzQ1Njc4OTAxMjM0NTY3ODk',
    '$argon2id$v=19$m=4194304,t=3,p=1$c29tZXNhbHRzb21l$MDEyMzQ1Njc4OTAxMjM0NTY3ODk',
    '$argon2id$v=19$m=8,t=3,p=4$c29tZXNhbHRzb21l$MDEyMzQ1Njc4OTAxMjM0NTY3ODk',
    '5f4dcc3b5aa765d61d8327deb882cf99',
    '',
  ])
    assert.notEqual(hashFault(hash), null, hash)
})

test('whatever text: it is judged without a fault, and what is foreign and taken is looked at without one', async () => {
  const piece = fc.constantFrom(
    '$2b$04$',
    '$scrypt$ln=',
    '1,r=1,p=1',
    '$pbkdf2-sha512$',
    '1',
    '$',
    'c2FsdA',
    'A'.repeat(53),
    '.',
    '=',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      const hash = pieces.join('')
      if (hashFault(hash) === null && isForeign(hash)) assert.equal(await verifyForeign(hash, 'x'), false)
    }),
    { numRuns: 2000 },
  )
})
