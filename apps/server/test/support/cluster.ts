import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '../../src/platform/database/embedded.ts'
import type { Connection } from '../../src/platform/database/pools.ts'

/** A PostgreSQL for tests: the run's own when the runner started one, else one for this process. */
export async function testCluster(): Promise<{ superuser: Connection; folder: string; release(): Promise<void> }> {
  const shared = process.env.TEST_CLUSTER
  if (shared)
    return { ...(JSON.parse(shared) as { superuser: Connection; folder: string }), release: async () => undefined }
  return ownCluster()
}

/** A PostgreSQL of a test's own, which it may kill. */
export async function ownCluster() {
  const data = await mkdtemp(join(tmpdir(), 'probity-test-'))
  const postgres = await startEmbedded(data, () => undefined)
  return {
    superuser: postgres.superuser,
    folder: postgres.folder,
    async release() {
      await postgres.stop()
      await rm(postgres.folder, { recursive: true, force: true })
      await rm(data, { recursive: true, force: true })
    },
  }
}
