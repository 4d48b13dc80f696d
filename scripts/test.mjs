// The whole suite: checks, then tests. `./test NAME` runs one area, `./test --fast` what takes less than a minute.
import { spawn, spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { builtConsole } from './console.ts'
import { builtDocs } from './docs.ts'
import { installPackages } from './packages.ts'

const ROOT = join(import.meta.dirname, '..')
process.chdir(ROOT)

const CHECKS = [
  ['format and lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '.', '--error-on-warnings']],
  ['types', 'node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json']],
  ['types of the console', 'node_modules/typescript/bin/tsc', ['-p', 'apps/console']],
  [
    'layering',
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    ['--config', '.dependency-cruiser.mjs', 'packages', 'apps'],
  ],
  ['dead code', 'node_modules/knip/bin/knip.js', ['--no-config-hints']],
  ['layout', 'scripts/tidy.mjs', []],
]

/** What needs a running server, processes or minutes. */
const SLOW =
  /\/test\/(http|identity|access|policies|tenancy|console|docs|faults|attack|platform|sdk)\/|apps\/cli\/test\//
const CONCURRENCY = 3
/** What looks at the sites that the server serves, or starts it as people do, which builds them. */
const WITH_SITES = /\/test\/(console|docs)\/|apps\/cli\/test\//

const [argument] = process.argv.slice(2)
const files = globSync([
  'packages/*/src/**/*.test.ts',
  'packages/*/test/**/*.test.ts',
  'apps/*/src/**/*.test.ts',
  'apps/*/test/**/*.test.ts',
  'scripts/**/*.test.ts',
]).sort()
const areas = [...new Set(files.flatMap((file) => areasOf(file)))].sort()

let selected = files
if (argument === '--fast') selected = files.filter((file) => !SLOW.test(`/${file}`))
else if (argument !== undefined) {
  selected = files.filter((file) => areasOf(file).includes(argument))
  if (selected.length === 0 && argument !== 'checks') {
    process.stderr.write(`there is no area "${argument}"; they are: checks, ${areas.join(', ')}\n`)
    process.exit(2)
  }
}

const tally = { passed: 0, failed: 0, skipped: 0 }
if (argument === undefined || argument === '--fast' || argument === 'checks')
  for (const check of CHECKS) runCheck(check)
installPackages(selected)
if (selected.some((file) => WITH_SITES.test(file))) await Promise.all([builtConsole(), builtDocs()])
if (selected.length > 0) await runTests(selected)
const { passed, failed, skipped } = tally
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)

/** packages/core/src/x.test.ts belongs to `core`; a domain, a kind of system test or an app likewise. */
function areasOf(file) {
  const parts = file.split('/')
  const names = [parts[1]]
  for (const folder of ['domains', 'test']) if (parts.includes(folder)) names.push(parts[parts.indexOf(folder) + 1])
  if (parts.includes('platform')) names.push('platform')
  return names.filter((name) => name !== undefined && !name.endsWith('.ts'))
}

function runCheck([name, program, parameters]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...parameters], { encoding: 'utf8' })
  const ok = status === 0
  tally[ok ? 'passed' : 'failed']++
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name}\n`)
  if (!ok) process.stdout.write(`${stdout}${stderr}\n`)
}

async function runTests(paths) {
  const cluster = await import('../apps/server/test/support/cluster.ts')
  const { superuser, folder, release } = await cluster.testCluster()
  try {
    await runNodeTests(paths, {
      ...process.env,
      TEST_CLUSTER: JSON.stringify({ superuser, folder }),
      NODE_NO_WARNINGS: '1',
    })
  } finally {
    await release()
  }
}

// node:test's TAP is read as it comes: leaf tests are counted, failures printed with their reason.
function runNodeTests(paths, env) {
  return new Promise((resolve) => {
    const reporter = join(ROOT, 'scripts', 'reporter.mjs')
    const child = spawn(
      process.execPath,
      [
        '--test',
        `--test-concurrency=${CONCURRENCY}`,
        '--test-timeout=300000',
        `--test-reporter=${reporter}`,
        '--test-reporter-destination=stdout',
        ...paths,
      ],
      { env, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      const lines = (rest + piece).split('\n')
      rest = lines.pop()
      for (const line of lines) {
        if (line.startsWith('#tally '))
          for (const [key, count] of Object.entries(JSON.parse(line.slice(7)))) tally[key] += count
        else process.stdout.write(`${line}\n`)
      }
    })
    child.on('close', (code) => {
      if (code !== 0 && tally.failed === 0) tally.failed++ // the runner itself failed
      resolve()
    })
  })
}
