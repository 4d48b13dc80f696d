import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from './support.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** The commands of every sh block of a page, in order. */
function blocks(page: string): string[] {
  return [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1] ?? '')
}

test(
  'every command block of the README runs, one after the other, and erasure leaves every proof valid',
  {
    timeout: 240_000,
  },
  () =>
    walk('README.md', (stdout, hasData) => {
      if (hasData) {
        assert.match(stdout, /103 accepted, 0 duplicate, 0 refused/)
        assert.match(stdout, /0 accepted, 103 duplicate, 0 refused/)
      }
      assert.match(stdout, /can no longer be opened/)
    }),
)

for (const [page, ended] of [['docs/recipes/invite-a-colleague.md', /"ended":1/]] as const) {
  test(`every command block of ${page} runs, one after the other`, { timeout: 240_000 }, () =>
    walk(page, (stdout) => assert.match(stdout, ended)),
  )
}

/** Does what a page says, in a checkout of its own. */
async function walk(page: string, look: (stdout: string, hasData: boolean) => void): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'probity readme '))
  const folder = join(home, 'checkout')
  const { TEST_CLUSTER: _, NODE_NO_WARNINGS: __, NODE_TEST_CONTEXT: ___, ...environment } = process.env
  const port = await freePort()
  const run = (script: string) =>
    spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...environment, PROBITY_PORT: String(port) },
      timeout: 200_000,
    })
  spawnSync('mkdir', [folder])
  symlinkSync(join(ROOT, 'probity'), join(folder, 'probity'))
  const shared = join(ROOT, '..', 'shared')
  const hasData = existsSync(shared)
  if (hasData) symlinkSync(shared, join(home, 'shared'))
  try {
    const { status, stdout, stderr } = run(blocks(page).join('\n'))
    assert.equal(status, 0, `${stdout}\n${stderr}`)
    look(stdout, hasData)
  } finally {
    run('./probity down --data tour/data')
    rmSync(home, { recursive: true, force: true })
  }
}
