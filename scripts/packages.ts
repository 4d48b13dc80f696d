// What single tests need: Debian packages, and other runtimes from npm. Installed where that can be done; where it can't,
// those tests are skipped and say why.
import { type SpawnSyncOptions, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const APT = '/usr/bin/apt-get'
const MINUTES = 5

/** The oldest PostgreSQL that an installation may bring, OpenLDAP, a gateway and a browser, with the tests that run on them, or their folder. */
export const PACKAGES = [
  {
    name: 'postgresql-15',
    program: '/usr/lib/postgresql/15/bin/initdb',
    tests: ['apps/server/test/platform/postgres15.test.ts'],
    // The package would else make a cluster of its own and start it.
    before: () => writeOnce('/etc/postgresql-common/createcluster.conf', 'create_main_cluster = false\n'),
  },
  {
    name: 'slapd',
    program: '/usr/sbin/slapd',
    tests: ['apps/server/test/identity/directories.test.ts'],
    before: () => {},
  },
  {
    name: 'nginx-light',
    program: '/usr/sbin/nginx',
    tests: ['apps/cli/test/readme.test.ts'],
    before: () => {},
  },
  {
    name: 'chromium',
    program: '/usr/bin/chromium',
    tests: [
      'apps/server/test/identity/passkeys-in-a-browser.test.ts',
      'apps/server/test/console/',
      'apps/server/test/docs/browser.test.ts',
    ],
    before: () => {},
  },
]

const RUNTIMES_FOLDER = join(import.meta.dirname, '..', '.probity', 'runtimes')
const RUNTIME_TEST = 'apps/server/test/sdk/package.test.ts'
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'x64'

/** Runtimes that the SDK promises beside the newest Node, each an npm package that is the program. */
export const RUNTIMES = [
  { name: 'Node 20', package: `node-linux-${ARCHITECTURE}`, version: '20.20.2', path: 'bin/node', words: [] },
  {
    ...{ name: 'Deno', package: `@deno/linux-${ARCHITECTURE}-glibc`, version: '2.9.6', path: 'deno' },
    words: ['run', '--allow-all', '--node-modules-dir=manual', '--no-remote'],
  },
  {
    ...{ name: 'Bun', package: `@oven/bun-linux-${ARCHITECTURE === 'x64' ? 'x64' : 'aarch64'}`, version: '1.4.5' },
    ...{ path: 'bin/bun', words: ['run'] },
  },
].map(({ path, ...one }) => ({ ...one, program: join(RUNTIMES_FOLDER, 'node_modules', one.package, path) }))

/** Installs what the tests of a run need. */
export function installPackages(selected: readonly string[]): void {
  if (selected.includes(RUNTIME_TEST)) installRuntimes()
  for (const { name, program, tests, before } of PACKAGES) {
    if (!tests.some((test) => selected.some((file) => file.startsWith(test)))) continue
    if (existsSync(program) || process.getuid?.() !== 0 || !existsSync(APT)) continue
    process.stderr.write(`installing ${name} for a test …\n`)
    before()
    const options = ['-y', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold']
    if (!apt('install', ...options, name))
      process.stderr.write(`${name} could not be installed; the tests on it are skipped\n`)
  }
}

function installRuntimes(): void {
  const missing = RUNTIMES.filter(({ program }) => !existsSync(program))
  if (missing.length === 0 || process.platform !== 'linux') return
  process.stderr.write(`installing ${missing.map(({ name }) => name).join(', ')} for a test …\n`)
  const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  mkdirSync(RUNTIMES_FOLDER, { recursive: true })
  const all = RUNTIMES.map((one) => `${one.package}@${one.version}`) // of one folder, npm drops what is not named
  const done = spawnSync('npm', ['install', '--prefix', RUNTIMES_FOLDER, ...options, ...all], {
    stdio: 'ignore',
    timeout: MINUTES * 60_000,
  })
  if (done.status !== 0) process.stderr.write('they could not be installed; the tests on them are skipped\n')
}

function writeOnce(path: string, text: string): void {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

// The lists of a fresh machine are empty or old; they are asked for first, and it may still be that there is no network.
function apt(...words: string[]): boolean {
  const options: SpawnSyncOptions = {
    timeout: MINUTES * 60_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  }
  const run = (more: string[]) =>
    spawnSync(APT, ['-q', ...more], { ...options, stdio: ['ignore', 'ignore', 'ignore'] }).status === 0
  return run(words) || (run(['update']) && run(words))
}
