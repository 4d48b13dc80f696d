import { leafHash, parseLeaf } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Prepared } from './intake/prepared.ts'
import { searchKeys } from './leaf-run.ts'
import type { Waiting } from './queue.ts'
import type { InboxRow } from './store-sequencer.ts'

export type { InboxRow } from './store-sequencer.ts'

const DAY = 86_400_000_000 // microseconds
/** How long a row may have waited, and how far a server's clock may be ahead, before its time is not believed. */
const LONGEST_WAIT = 400 * DAY
const MOST_AHEAD = DAY

/** The parts of a prepared event as the inbox stores them. */
export function partsForInbox(entry: Prepared): InboxRow['parts'] {
  return entry.parts.map(({ subjects, envelope }) => ({ subjects, envelope: envelope.toString('base64') }))
}

/**
 * A durable event, ready to be sequenced; nobody waits for it here. Or why no entry can be made of the row: many may
 * write to the inbox, and what one of them writes must not stop the log.
 */
export function fromInbox(row: InboxRow, now: number): Waiting | { reason: string } {
  try {
    return { entry: read(row, now), inboxId: row.id, resolve: () => undefined, reject: () => undefined }
  } catch (error) {
    return { reason: error instanceof Error ? error.message.slice(0, 200) : 'unreadable' }
  }
}

function read(row: InboxRow, now: number): Prepared {
  const leaf = parseLeaf(row.leaf)
  if (leaf.tenant_id !== row.tenant_id) throw new Error('the leaf is of another tenant')
  if (leaf.event_id !== row.event_id) throw new Error('the leaf has another event_id')
  const age = now - leaf.received_at
  if (age > LONGEST_WAIT || age < -MOST_AHEAD) throw new Error('the leaf says that it was received at another time')
  const said = leaf.sealed.map(({ subjects }) => subjects.join())
  const parts = row.parts.map(({ subjects, envelope }) => ({ subjects, envelope: Buffer.from(envelope, 'base64') }))
  if (parts.length !== said.length || parts.some(({ subjects }, i) => subjects.join() !== said[i]))
    throw new Error('the sealed parts are not those that the leaf names')
  if (row.content !== null && row.content.length !== 16) throw new Error('the digest of the content is not one')
  return {
    tenantId: row.tenant_id,
    eventId: row.event_id,
    leaf: { bytes: row.leaf, hash: leafHash(nodeCrypto.sha256, row.leaf), ...searchKeys(leaf) },
    content: row.content,
    parts,
  }
}
