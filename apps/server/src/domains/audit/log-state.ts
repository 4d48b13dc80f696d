import { equal, leafHash, parseLeaf } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { isConnectionError } from '../../platform/database/connection-error.ts'
import type { SequencerTx } from '../../platform/database/transaction.ts'
import { openBody } from './bundle-body.ts'
import { countOf, LeafRun, packLeaves, searchKeys } from './leaf-run.ts'
import { BUNDLE } from './rules.ts'
import { isSigned } from './signed-head.ts'
import * as store from './store-sequencer.ts'
import { type TileChange, TreeEdge } from './tree.ts'

/** A stretch of leaves to be stored as one row: a full bundle, or a fragment of the open one. */
export interface Piece {
  first: number
  runs: LeafRun[]
}

/** What the sequencer keeps of one log between flushes: the tree's edge and the open bundle. */
export class LogState {
  readonly tenantId: string
  readonly #edge: TreeEdge
  /** Leaves after the last full bundle, and all that came since the last takeChanges. */
  #open: LeafRun[]
  /** Index of the first of them. */
  #first: number

  constructor(tenantId: string, edge: TreeEdge, open: LeafRun[]) {
    this.tenantId = tenantId
    this.#edge = edge
    this.#open = open
    this.#first = edge.size - countOf(open)
  }

  get size(): number {
    return this.#edge.size
  }

  root(): Buffer {
    return this.#edge.root()
  }

  /** Appends leaves; the first one's index is the size before. */
  append(run: LeafRun): void {
    for (let i = 0; i < run.count; i++) this.#edge.append(run.hashAt(i))
    this.#open.push(run)
  }

  /** What must be stored for the entries from `from` on: full bundles whole, and the new part of the open one. */
  takeChanges(from: number): { bundles: Piece[]; tiles: TileChange[] } {
    const bundles: Piece[] = []
    while (this.size - this.#first >= BUNDLE) {
      const [full, rest] = split(this.#open, BUNDLE)
      bundles.push({ first: this.#first, runs: full })
      this.#open = rest
      this.#first += BUNDLE
    }
    const first = Math.max(from, this.#first)
    if (first < this.size) bundles.push({ first, runs: last(this.#open, this.size - first) })
    return { bundles, tiles: this.#edge.takeChanges() }
  }
}

/** The first `count` leaves of some runs, and the others. */
function split(runs: readonly LeafRun[], count: number): [LeafRun[], LeafRun[]] {
  const before: LeafRun[] = []
  const after: LeafRun[] = []
  let left = count
  for (const run of runs) {
    const taken = Math.min(left, run.count)
    if (taken > 0) before.push(run.slice(0, taken))
    if (taken < run.count) after.push(run.slice(taken))
    left -= taken
  }
  return [before, after]
}

// From the end: of single events the open bundle has a run for each, and most flushes add few.
function last(runs: readonly LeafRun[], count: number): LeafRun[] {
  const found: LeafRun[] = []
  for (let left = count, i = runs.length - 1; left > 0; i--) {
    const run = runs[i] as LeafRun
    found.push(run.slice(Math.max(0, run.count - left)))
    left -= run.count
  }
  return found.reverse()
}

/** Who says what a log must be: its keys, and what a witness last saw of it. */
export interface Guard {
  /** Origin of a tenant's log: the first line of its checkpoints. */
  originOf(tenantId: string): string
  verifierKeys(tenantId: string): Promise<string[]>
  /** Newest heads seen of these logs, by origin. */
  witnessed(origins: string[]): Promise<Map<string, { size: number; root: Uint8Array }>>
}

/** A stored log that must not grow: what it holds is not what was signed. */
export class LogBroken extends Error {}

/**
 * Reads the states of logs; one that does not exist yet is empty. A log whose stored state is not the one that its
 * own key signed, or is behind what was seen of it, is answered as LogBroken: to sign its next head would make the
 * forgery genuine.
 */
export async function loadStates(
  tx: SequencerTx,
  guard: Guard,
  tenantIds: string[],
): Promise<Map<string, LogState | LogBroken>> {
  const heads = new Map((await store.readHeads(tx, tenantIds)).map((head) => [head.tenant_id, head]))
  const tails = [...heads.values()].map((head) => ({
    tenantId: head.tenant_id,
    from: head.size - (head.size % BUNDLE),
  }))
  const fragments = Map.groupBy(await store.readTails(tx, tails), (row) => row.tenant_id)
  const tiles = Map.groupBy(await store.readLastTiles(tx, tenantIds), (row) => row.tenant_id)
  const origins = tenantIds.map((tenantId) => guard.originOf(tenantId))
  const witnessed = await guard.witnessed(origins)
  return new Map(
    await Promise.all(
      tenantIds.map(async (tenantId, i): Promise<[string, LogState | LogBroken]> => {
        const head = heads.get(tenantId)
        const seen = witnessed.get(origins[i] ?? '')
        try {
          requireNoRollback(head, seen)
          if (!head) return [tenantId, new LogState(tenantId, TreeEdge.restore(0, [], []), [])]
          if (!isSigned(head, await guard.verifierKeys(tenantId)))
            throw new LogBroken('the head of the log is not what its key signed')
          return [tenantId, restoreState(head, fragments.get(tenantId) ?? [], tiles.get(tenantId) ?? [])]
        } catch (error) {
          if (isConnectionError(error)) throw error // nothing is known of the log then
          return [tenantId, error instanceof LogBroken ? error : new LogBroken('what is stored can not be read')]
        }
      }),
    ),
  )
}

function requireNoRollback(
  head: store.HeadRow | undefined,
  seen: { size: number; root: Uint8Array } | undefined,
): void {
  if (!seen) return
  const size = head?.size ?? 0
  if (size < seen.size) throw new LogBroken(`the log has ${size} entries and had ${seen.size}`)
  if (head && size === seen.size && !equal(head.root, seen.root))
    throw new LogBroken(`the log had another root at ${size} entries`)
}

function restoreState(
  head: store.HeadRow,
  fragments: store.BundleRow[],
  tiles: { level: number; tile: number; hashes: Buffer }[],
): LogState {
  const leaves = fragments.flatMap((row) => openBody(row))
  const hashes = fragments.flatMap((row) => splitHashes(row.hashes))
  const byLevel: Buffer[][] = []
  for (let level = 1; BUNDLE ** level <= head.size; level++) {
    const expected = Math.floor(head.size / BUNDLE ** level) % BUNDLE
    const stored = tiles.find((tile) => tile.level === level)
    const isLast = stored && stored.tile === Math.floor(head.size / BUNDLE ** (level + 1))
    const current = isLast ? splitHashes(stored.hashes) : []
    if (current.length !== expected) throw new LogBroken('a tile of the log is missing or has another width')
    byLevel.push(current)
  }
  const edge = TreeEdge.restore(head.size, byLevel, hashes)
  const whole = leaves.length === head.size % BUNDLE && hashes.length === leaves.length
  const asHashed = leaves.every((leaf, i) => equal(leafHash(nodeCrypto.sha256, leaf), hashes[i] ?? new Uint8Array()))
  if (!whole || !asHashed || !edge.root().equals(head.root))
    throw new LogBroken('the stored entries do not lead to the signed root')
  const open = leaves.map((bytes, i) => ({ bytes, hash: hashes[i] as Buffer, ...searchKeys(parseLeaf(bytes)) }))
  return new LogState(head.tenant_id, edge, [new LeafRun(packLeaves(open))])
}

function splitHashes(hashes: Buffer): Buffer[] {
  return Array.from({ length: hashes.length / 32 }, (_, i) => hashes.subarray(i * 32, i * 32 + 32))
}
