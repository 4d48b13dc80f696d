import { canonicalize, openNote, parseVerifierKey } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { TombstoneRow } from './store.ts'
import type { TenantKeys } from './tenant-keys.ts'

/**
 * Proofs of tombstones: notes that the log's key signed. A row that somebody else wrote into the table has none, so it
 * neither makes data look erased nor has keys destroyed.
 */
export class Tombstones {
  readonly #tenantKeys: TenantKeys

  constructor(tenantKeys: TenantKeys) {
    this.#tenantKeys = tenantKeys
  }

  prove(tenantId: string, subject: string, at: Date): Promise<string> {
    return this.#tenantKeys.signNote(tenantId, textOf(subject, at))
  }

  /** Which of these tombstones the server itself made. */
  async proven(tenantId: string, rows: readonly TombstoneRow[]): Promise<string[]> {
    if (rows.length === 0) return []
    const keys = (await this.#tenantKeys.verifierKeys(tenantId)).map((key) => parseVerifierKey(nodeCrypto.sha256, key))
    return rows
      .filter(({ subject, erased_at, proof }) => {
        try {
          return openNote(proof, keys, nodeCrypto).text === textOf(subject, erased_at)
        } catch {
          return false
        }
      })
      .map(({ subject }) => subject)
  }
}

function textOf(subject: string, at: Date): string {
  return `probity-tombstone/1\n${canonicalize({ erased_at: at.toISOString(), subject })}\n`
}
