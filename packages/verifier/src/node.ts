import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { VerifierKey } from '@probity/core'
import * as pure from './index.ts'
import { nodeCrypto } from './node-crypto.ts'
import { Pool } from './pool.ts'
import type { Result } from './result.ts'

export { levelsOfSubtree, marksOfBytes, rootOfSubtree } from './bulk.ts'
export { hashLeaf } from './bundle.ts'
export type { ExportSource, NotVerified, Result, Verified, VerifierCrypto } from './index.ts'
export { CERTIFICATE_HEADER, UNDECIDED } from './index.ts'
export { nodeCrypto }

/** Below this a file is checked before threads have started. */
const WORTH_THREADS = 2 ** 22
const READ_AT_ONCE = 2 ** 20

export interface NodeOptions {
  /** A signed note of an earlier or later checkpoint of the log. */
  pin?: string
}

export interface NodeExportOptions extends NodeOptions {
  /** Threads that check bundles beside this one; 0 for none. Unless given, it depends on the file and the machine. */
  threads?: number
  onProgress?: (done: number, total: number) => void
}

/** Verifies a receipt (formats §5) against trusted keys. Never throws. */
export function verifyReceipt(text: string, keys: readonly VerifierKey[], options: NodeOptions = {}): Result {
  return pure.verifyReceipt(text, keys, { ...options, crypto: nodeCrypto })
}

/** Verifies a certificate of erasure (formats §12) against trusted keys. Never throws. */
export function verifyCertificate(text: string, keys: readonly VerifierKey[]): Result {
  return pure.verifyCertificate(text, keys, nodeCrypto)
}

/** Verifies an export (formats §6) from any source in this thread. Never throws. */
export function verifyExport(
  source: pure.ExportSource,
  keys: readonly VerifierKey[],
  options: NodeOptions = {},
): Promise<Result> {
  return pure.verifyExport(source, keys, { ...options, crypto: nodeCrypto })
}

/** Verifies an export in a file, in parallel where that is worth it. Throws only what opening the file throws. */
export async function verifyExportFile(
  path: string,
  keys: readonly VerifierKey[],
  options: NodeExportOptions = {},
): Promise<Result> {
  const { size } = await stat(path)
  const { threads = size < WORTH_THREADS ? 0 : undefined, ...rest } = options
  const source = { open: () => createReadStream(path, { highWaterMark: READ_AT_ONCE }) }
  if (threads === 0) return pure.verifyExport(source, keys, { ...rest, crypto: nodeCrypto })
  const pool = new Pool(threads)
  try {
    return await pure.verifyExport(source, keys, { ...rest, crypto: nodeCrypto, check: pool.check })
  } finally {
    await pool.close()
  }
}
