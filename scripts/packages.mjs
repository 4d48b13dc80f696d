// Debian packages that single tests need. Installed where that can be done; where it can't, those tests are skipped and
// say why.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const APT = '/usr/bin/apt-get'
const MINUTES = 5

/** The oldest PostgreSQL that an installation may bring, OpenLDAP, a gateway and a browser, with the tests that run on them. */
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
    tests: ['apps/server/test/identity/passkeys-in-a-browser.test.ts'],
    before: () => {},
  },
]

/** Installs what the tests of a run need. */
export function installPackages(selected) {
  for (const { name, program, tests, before } of PACKAGES) {
    if (!tests.some((test) => selected.includes(test))) continue
    if (existsSync(program) || process.getuid?.() !== 0 || !existsSync(APT)) continue
    process.stderr.write(`installing ${name} for a test …\n`)
    before()
    const options = ['-y', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold']
    if (!apt('install', ...options, name))
      process.stderr.write(`${name} could not be installed; the tests on it are skipped\n`)
  }
}

function writeOnce(path, text) {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

// The lists of a fresh machine are empty or old; they are asked for first, and it may still be that there is no network.
function apt(...words) {
  const options = {
    timeout: MINUTES * 60_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  }
  const run = (more) =>
    spawnSync(APT, ['-q', ...more], { ...options, stdio: ['ignore', 'ignore', 'ignore'] }).status === 0
  return run(words) || (run(['update']) && run(words))
}
