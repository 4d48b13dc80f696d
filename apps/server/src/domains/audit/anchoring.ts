import { ANCHOR_EVENT, ANCHOR_TENANT, encodeHex, parseCheckpoint, parseNote } from '@probity/core'
import type { Logger } from 'pino'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/pools.ts'
import { sequencerTransaction } from '../../platform/database/transaction.ts'
import type { Keys } from '../keys/index.ts'
import { HeadsTree } from './heads-tree.ts'
import { prepare } from './intake/prepare.ts'
import type { Sequencer } from './sequencer.ts'
import { isSigned } from './signed-head.ts'
import * as store from './store-anchor.ts'
import { readHeads } from './store-sequencer.ts'
import { observe } from './write-inbox.ts'

export interface AnchoringOptions {
  database: Database
  sequencer: Sequencer
  keys: Keys
  clock: Clock
  log: Logger
  everyMilliseconds: number
}

/**
 * Makes the heads of all logs one entry of the anchor log, once a second when any moved, in the process that
 * sequences. Owns the tree of heads. A crash leaves nothing to mend: who sequences next reads all heads, and
 * anchors those that moved since.
 */
export class Anchoring {
  readonly #options: AnchoringOptions
  #tree = new HeadsTree()
  /** The sequencer's epoch that the tree belongs to. */
  #epoch: number | null = null
  #timer: NodeJS.Timeout | null = null
  #turn: Promise<void> = Promise.resolve()
  #busy = false

  constructor(options: AnchoringOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => this.#kick(), this.#options.everyMilliseconds)
  }

  /** Anchors what moved last. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    await this.#turn
    this.#kick()
    await this.#turn
  }

  #kick(): void {
    if (this.#busy) return
    this.#busy = true
    this.#turn = this.#anchor()
      .catch((error: unknown) => {
        this.#epoch = null // what was anchored is not known: all heads are read again
        this.#options.log.warn({ err: error }, 'the heads of the logs could not be anchored; it is tried again')
      })
      .finally(() => {
        this.#busy = false
      })
  }

  async #anchor(): Promise<void> {
    const { epoch } = this.#options.sequencer
    if (epoch === null) return
    const heads = epoch === this.#epoch ? await this.#movedHeads() : await this.#allHeads(epoch)
    if (heads.length === 0) return
    const index = await this.#write(encodeHex(this.#tree.root()))
    const rows = heads.map((head) => ({ ...head, path: Buffer.concat(this.#tree.path(head.origin)) }))
    await sequencerTransaction(this.#options.database.sequencer, (tx) => store.upsertAnchors(tx, index, rows))
    const own = await sequencerTransaction(this.#options.database.sequencer, (tx) => readHeads(tx, [ANCHOR_TENANT]))
    await this.#options.keys.witness.see([...heads, ...(await this.#signed(own))])
  }

  async #movedHeads(): Promise<store.HeadToAnchor[]> {
    const moved = this.#options.sequencer.takeMoved().filter((id) => id !== ANCHOR_TENANT)
    if (moved.length === 0) return []
    const heads = await this.#signed(
      await sequencerTransaction(this.#options.database.sequencer, (tx) => readHeads(tx, moved)),
    )
    this.#setAll(heads)
    return heads
  }

  async #allHeads(epoch: number): Promise<store.HeadToAnchor[]> {
    const { witness } = this.#options.keys
    this.#tree = new HeadsTree()
    this.#options.sequencer.takeMoved()
    const heads = await sequencerTransaction(this.#options.database.sequencer, (tx) =>
      store.readAllHeads(tx, ANCHOR_TENANT),
    )
    const seen = await witness.seen(heads.map(({ origin }) => origin))
    // A crash may have kept the witness from some that are anchored.
    const isNew = (head: (typeof heads)[number]) => head.moved || head.size > (seen.get(head.origin)?.size ?? 0)
    const signed = await this.#signed(heads.filter(isNew))
    this.#setAll([...heads.filter((head) => !isNew(head)), ...signed])
    await witness.see(signed)
    this.#epoch = epoch
    return signed.filter((head) => head.moved)
  }

  // What nobody signed is neither anchored nor witnessed: a forged head would be what the mended log is held against.
  async #signed<H extends store.HeadToAnchor>(heads: readonly H[]): Promise<H[]> {
    const signed: H[] = []
    for (const head of heads)
      if (isSigned(head, await this.#options.keys.tenants.verifierKeys(head.tenant_id))) signed.push(head)
    return signed
  }

  #setAll(heads: readonly store.HeadToAnchor[]): void {
    for (const { checkpoint } of heads) {
      const { text } = parseNote(checkpoint)
      this.#tree.set(parseCheckpoint(text).origin, text)
    }
  }

  /** Answers the index of the anchor's entry. */
  async #write(heads: string): Promise<number> {
    const event = observe({
      event_type: ANCHOR_EVENT,
      actor: { type: 'system', id: 'probity' },
      resource: 'heads',
      action: 'anchor',
      outcome: 'Success',
      data: { heads },
    })
    const [entry] = await prepare(this.#options, ANCHOR_TENANT, [event])
    if (!entry || 'status' in entry) throw new Error('an anchor could not be made')
    const { index } = await this.#options.sequencer.add(entry)
    if (index === null) throw new Error('an anchor has no index')
    return index
  }
}
