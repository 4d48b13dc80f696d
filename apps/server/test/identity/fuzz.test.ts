import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fuzz } from '../support/fuzz.ts'
import { type Parser, parsersOfIdentity } from '../support/parsers.ts'

/** Of all parsers together; `scripts/fuzz-identity.ts` is the long form. */
const CASES = 4_000

let parsers: Parser[] = []
let stop = () => {}
before(async () => {
  ;({ parsers, stop } = await parsersOfIdentity())
})
after(() => stop())

test('each parser of identity takes or refuses whatever comes, within a second', async () => {
  assert.equal(
    parsers.reduce((sum, { share }) => sum + share, 0),
    1000,
  )
  for (const parser of parsers) {
    const result = await fuzz(parser, (CASES * parser.share) / 1000, 20261127)
    assert.ok(!('why' in result), JSON.stringify(result))
  }
})
