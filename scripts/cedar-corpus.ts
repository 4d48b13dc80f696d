import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCase } from '../apps/server/test/access/cedar-case.ts'

// Runs a corpus of Cedar's integration tests, an archive (tar.gz) of cases: policies, schema, entities and requests with the
// decision, the policies that determine it and those that fail. Prints what disagrees, and last the tally.

const [archive] = process.argv.slice(2)
if (archive === undefined) {
  console.error('usage: scripts/cedar-corpus FILE.tar.gz')
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'cedar-corpus-'))
try {
  const { status, stderr } = spawnSync('tar', ['-xzf', archive, '-C', folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the archive cannot be read: ${stderr}`)
  process.exitCode = report(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function report(root: string): number {
  const tally = { agree: 0, disagree: 0, unreadable: 0 }
  for (const file of globSync('**/*.json', { cwd: root }).sort()) {
    if (file.endsWith('.entities.json') || !readFileSync(join(root, file), 'utf8').includes('"requests"')) continue
    const { agree, disagree, unreadable } = runCase(root, file)
    tally.agree += agree
    tally.disagree += disagree.length
    tally.unreadable += unreadable === null ? 0 : 1
    for (const told of disagree) console.log(`${file}: ${told}`)
    if (unreadable !== null) console.log(`${file}: unreadable: ${unreadable}`)
  }
  // Every expression is evaluated here: there is nothing that would be handed on.
  console.log(`${tally.agree} agree, ${tally.disagree} disagree, 0 delegated, ${tally.unreadable} unreadable`)
  return tally.disagree === 0 ? 0 : 1
}
