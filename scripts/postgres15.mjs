// Debian's PostgreSQL 15, the oldest that an installation may bring, for the one test that runs on it. Installed where
// that can be done; where it can't, the test is skipped and says why.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export const POSTGRES_15_TEST = 'apps/server/test/platform/postgres15.test.ts'
const PROGRAM = '/usr/lib/postgresql/15/bin/initdb'
const APT = '/usr/bin/apt-get'
const CLUSTERS = '/etc/postgresql-common/createcluster.conf'
const MINUTES = 5

export function installPostgres15() {
  if (existsSync(PROGRAM) || process.getuid?.() !== 0 || !existsSync(APT)) return
  process.stderr.write('installing PostgreSQL 15 for a test …\n')
  if (!existsSync(CLUSTERS)) {
    // The package would else make a cluster of its own and start it.
    mkdirSync(dirname(CLUSTERS), { recursive: true })
    writeFileSync(CLUSTERS, 'create_main_cluster = false\n')
  }
  const installed = apt(
    'install',
    '-y',
    '--no-install-recommends',
    '-o',
    'Dpkg::Options::=--force-confold',
    'postgresql-15',
  )
  if (!installed) process.stderr.write('PostgreSQL 15 could not be installed; the test on it is skipped\n')
}

// The lists of a fresh machine are empty or old; they are asked for first, and it may still be that there is no network.
function apt(...words) {
  const options = { timeout: MINUTES * 60_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  const run = (more) =>
    spawnSync(APT, ['-q', ...more], { ...options, stdio: ['ignore', 'ignore', 'ignore'] }).status === 0
  return run(words) || (run(['update']) && run(words))
}
