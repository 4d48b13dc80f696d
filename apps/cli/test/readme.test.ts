import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
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

for (const [page, ended] of [
  ['docs/recipes/invite-a-colleague.md', /"ended":1/],
  ['docs/recipes/log-in-to-your-application.md', /S256[\s\S]*"active":true/],
  ['docs/recipes/provision-by-scim.md', /"group_scopes":\["audit:read","audit:verify"\][\s\S]*"active":false/],
] as const) {
  test(`every command block of ${page} runs, one after the other`, { timeout: 240_000 }, () =>
    walk(page, (stdout) => assert.match(stdout, ended)),
  )
}

test('every command block of docs/recipes/switch-to-sso.md runs, one after the other', {
  timeout: 240_000,
}, async () => {
  const provider = new Worker(new URL('../../server/test/support/openid-worker.ts', import.meta.url))
  try {
    const [ISSUER] = await once(provider, 'message')
    const settings = { ISSUER, PROBITY_IDENTITY_PROVIDERS_INSIDE: 'true' }
    const look = (stdout: string) => assert.match(stdout, /S256[\s\S]*"requires_provider":true/)
    await walk('docs/recipes/switch-to-sso.md', look, settings)
  } finally {
    await provider.terminate()
  }
})

/** Does what a page says, in a checkout of its own. */
async function walk(
  page: string,
  look: (stdout: string, hasData: boolean) => void,
  settings: Record<string, string> = {},
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'probity readme '))
  const folder = join(home, 'checkout')
  const { TEST_CLUSTER: _, NODE_NO_WARNINGS: __, NODE_TEST_CONTEXT: ___, ...environment } = process.env
  const port = await freePort()
  const run = (script: string) =>
    spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...environment, PROBITY_PORT: String(port), ...settings },
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
