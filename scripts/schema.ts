// Writes sql/schema.sql and sql/keystore/schema.sql from a freshly migrated installation, for review with a migration.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KEYSTORE_SQL_FOLDER, SQL_FOLDER } from '../apps/server/src/platform/database/migrate.ts'
import { withClient } from '../apps/server/src/platform/database/provision.ts'
import { dumpSchema } from '../apps/server/src/platform/database/schema-dump.ts'
import { testInstallation } from '../apps/server/test/support/server.ts'

const installation = await testInstallation()
try {
  await writeFile(join(SQL_FOLDER, 'schema.sql'), await withClient(installation.owned.main, dumpSchema))
  await writeFile(join(KEYSTORE_SQL_FOLDER, 'schema.sql'), await withClient(installation.owned.keystore, dumpSchema))
} finally {
  await installation.release()
}
