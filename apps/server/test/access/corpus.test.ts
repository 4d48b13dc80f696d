import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { missing, sharedData } from '../conformance/shared-data.ts'
import { runCase } from './cedar-case.ts'

const ARCHIVE = 'cedar/corpus.tar.gz'
/** Every so many cases of the corpus; `scripts/cedar-corpus` runs all. */
const STEP = 16

let root: string
before(() => {
  root = mkdtempSync(join(tmpdir(), 'cedar-corpus-'))
  if (!missing(ARCHIVE)) assert.equal(spawnSync('tar', ['-xzf', sharedData(ARCHIVE), '-C', root]).status, 0)
})
after(() => rmSync(root, { recursive: true, force: true }))

test('a sample of Cedar’s corpus is answered as Cedar answers it', { skip: missing(ARCHIVE) }, () => {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()
  const cases = names.filter((name) => name.endsWith('.json') && !name.endsWith('.entities.json'))
  const sample = cases.filter((_, i) => i % STEP === 0)
  let agree = 0
  for (const file of sample) {
    const outcome = runCase(root, file)
    assert.deepEqual([outcome.disagree, outcome.unreadable], [[], null], file)
    agree += outcome.agree
  }
  assert.ok(agree > sample.length, `${agree} requests`)
})
