import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { freePort } from './support.ts'

/** Somebody who reads what the page shows and types what it asks for. */
const READER = 'read() { printf -v "$4" %s "$(eval "$READS")"; }'
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
  [
    'docs/recipes/decide-for-your-application.md',
    /"authorized":true.*\n.*"authorized":true.*\n.*"authorized":false.*\n.*"authorized":false[\s\S]*context\.ip\.isInRange[\s\S]*"authorized":false[\s\S]*"authorized":false[\s\S]*MOMENT_UNKNOWN[\s\S]*access\.decided/,
  ],
  [
    'docs/recipes/propose-a-policy.md',
    /"decision":true[\s\S]*"decision":true[\s\S]*only in the files[\s\S]*have denied 1 of 2 decisions[\s\S]*"findings"[\s\S]*"decision":false.*forbidden by Payment limit[\s\S]*"decision":true[\s\S]*say the same[\s\S]*"decision":true[\s\S]*policy\.approved/,
  ],
  ['docs/recipes/log-in-to-your-application.md', /S256[\s\S]*"active":true/],
  [
    'docs/recipes/provision-by-scim.md',
    /"totalResults":1[\s\S]*"group_scopes":\["audit:read","audit:verify"\][\s\S]*"active":false[\s\S]*UNAUTHENTICATED/,
  ],
] as const) {
  test(`every command block of ${page} runs, one after the other`, { timeout: 240_000 }, () =>
    walk(page, (stdout) => assert.match(stdout, ended)),
  )
}

test('every command block of docs/recipes/switch-to-sso.md runs, one after the other', {
  timeout: 240_000,
}, async () => {
  const port = await freePort()
  const provider = new Worker(new URL('../../server/test/support/openid-worker.ts', import.meta.url), {
    workerData: { here: `http://127.0.0.1:${port}` },
  })
  try {
    const [[ISSUER, CLIENT_SECRET]] = await once(provider, 'message')
    const settings = {
      ...{
        ISSUER,
        CLIENT_SECRET,
        PROBITY_IDENTITY_PROVIDERS_INSIDE: 'true',
        PROBITY_PORT: String(port),
      },
      // What somebody does in a browser, at a provider that asks nothing.
      READS: `curl -sL -b tour/jar -c tour/jar -H 'x-person: admin' -o tour/page -w '%{url_effective}' "$AUTHORIZATION_URL"`,
    }
    const seen =
      /"problem":null[\s\S]*code_challenge_method=S256[\s\S]*"is_provider_proven":true[\s\S]*BREAK_GLASS_NEEDED[\s\S]*"requires_provider":true[\s\S]*"requires_provider":false/
    await walk('docs/recipes/switch-to-sso.md', (stdout) => assert.match(stdout, seen), settings)
  } finally {
    await provider.terminate()
  }
})

test('every command block of docs/recipes/invite-a-colleague.md runs, one after the other', { timeout: 240_000 }, () =>
  walk(
    'docs/recipes/invite-a-colleague.md',
    (stdout) => assert.match(stdout, /"ended":1[\s\S]*"mfa_required":true[\s\S]*factor\.confirmed[\s\S]*ip_address/),
    {
      READS: `'${process.execPath}' ${join(ROOT, 'apps', 'server', 'test', 'support', 'code-of.ts')} tour/factor.json`,
    }, // the authenticator
  ),
)

const NGINX = '/usr/sbin/nginx'
test('every command block of docs/recipes/put-a-gateway-in-front.md runs, one after the other', {
  timeout: 240_000,
  skip: existsSync(NGINX) ? false : `there is no ${NGINX}`,
}, async () => {
  const settings = {
    ...{ GATEWAY_PORT: String(await freePort()), APPLICATION_PORT: String(await freePort()) },
    PATH: `${process.env.PATH}:${dirname(NGINX)}`,
  }
  const wanted = [
    ['200', '/reports/2026', 'GET /reports/2026 of User [0-9a-f-]{36}'],
    ['401', '/reports/2026', '<html>'],
    ['403', '/reports/2026', '<html>'],
    ['403', '/payroll', '<html>'],
    ['403', '/reports/../payroll', '<html>'],
    ['403', '/reports/%2e%2e/payroll', '<html>'],
    ['200', '/invoices/17', 'GET /invoices/17 of clerk eve'],
    ['401', '/invoices/17', '<html>'],
    ['401', '/reports/2026', '<html>'],
    ['401', '/reports/2026', '<html>'],
  ]
  const visits = new RegExp(
    `^${wanted.map((words) => words.join(' ').replaceAll('.', '\\.')).join('\\r?\\n')}\\r?$`,
    'm',
  )
  await walk(
    'docs/recipes/put-a-gateway-in-front.md',
    (stdout) => {
      assert.match(stdout, visits)
      assert.match(stdout, /access\.decided[\s\S]*\n500 \/reports\/2026/)
    },
    settings,
  )
})

/** Does what a page says, in a checkout of its own; what it asks somebody for, the command in READS answers. */
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
    const { status, stdout, stderr } = run([READER, ...blocks(page)].join('\n'))
    assert.equal(status, 0, `${stdout}\n${stderr}`)
    look(stdout, hasData)
  } finally {
    run('./probity down --data tour/data; kill $(cat tour/*.pid)') // what a page that failed left running
    rmSync(home, { recursive: true, force: true })
  }
}
