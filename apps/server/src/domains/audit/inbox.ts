import { leafHash, parseLeaf } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Prepared } from './intake/prepared.ts'
import type { Waiting } from './queue.ts'
import { indexColumns } from './rules.ts'
import type { InboxRow } from './store-sequencer.ts'

export type { InboxRow } from './store-sequencer.ts'

/** The parts of a prepared event as the inbox stores them. */
export function partsForInbox(entry: Prepared): InboxRow['parts'] {
  return entry.parts.map(({ subjects, envelope }) => ({ subjects, envelope: envelope.toString('base64') }))
}

/** A durable event, ready to be sequenced. Nobody waits for it here. */
export function fromInbox(row: InboxRow): Waiting {
  const leaf = parseLeaf(row.leaf)
  const entry: Prepared = {
    tenantId: row.tenant_id,
    eventId: row.event_id,
    columns: indexColumns(leaf),
    bytes: row.leaf,
    hash: Buffer.from(leafHash(nodeCrypto.sha256, row.leaf)),
    content: row.content,
    parts: row.parts.map(({ subjects, envelope }) => ({ subjects, envelope: Buffer.from(envelope, 'base64') })),
  }
  return { entry, inboxId: row.id, resolve: () => undefined, reject: () => undefined }
}
