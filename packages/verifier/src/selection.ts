import {
  decodeEntryPayload,
  decodePartPayload,
  type EntryPayload,
  type ExportHeader,
  FRAME,
  leafHash,
  uuidToBytes,
  verifyInclusion,
} from '@probity/core'
import { checkLeaf } from './bundle.ts'
import type { BodyReport, Context } from './context.ts'
import type { FrameReader } from './frames.ts'
import { checkPart } from './part.ts'
import { PartOrder } from './part-order.ts'
import { Refusal, refusalOf } from './result.ts'

/**
 * Verifies the frames `E` and `P` of a selection (formats §6): each entry by its own inclusion proof, in ascending
 * order. Throws Refusal with the first bad index.
 */
export async function verifySelection(frames: FrameReader, context: Context): Promise<BodyReport> {
  const { crypto, checkpoint, header } = context
  const report: BodyReport = { entries: 0, opened: 0 }
  for await (const { index, proof, leaf: bytes } of readEntries(frames, header)) {
    const leaf = at(index, () => {
      const hash = leafHash(crypto.sha256, bytes)
      verifyInclusion(crypto.sha256, hash, BigInt(index), BigInt(checkpoint.size), proof, checkpoint.root)
      return checkLeaf(bytes, header.tenant_id, index)
    })
    context.onEventIds(uuidToBytes(leaf.event_id), index)
    context.onProgress(++report.entries, header.end - header.start)
    const order = new PartOrder(index, index + 1)
    for (let part = await frames.take(FRAME.part); part; part = await frames.take(FRAME.part)) {
      order.admit(part)
      checkPart(crypto, decodePartPayload(part), leaf)
      report.opened++
    }
  }
  return report
}

/** The entries of a selection in ascending order, within the header's bounds. Leaves parts to be taken in between. */
export async function* readEntries(frames: FrameReader, { start, end }: ExportHeader): AsyncGenerator<EntryPayload> {
  let next = start
  for (;;) {
    frames.index = next
    const payload = await frames.take(FRAME.entry)
    if (!payload) return
    const entry = at(next, () => decodeEntryPayload(payload))
    if (entry.index < next || entry.index >= end) {
      throw new Refusal(
        'ENTRY_ORDER',
        entry.index,
        `entry ${entry.index} stands where one from ${next} to ${end} should`,
      )
    }
    next = entry.index + 1
    frames.index = entry.index
    yield entry
  }
}

function at<T>(index: number, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw refusalOf(error, index)
  }
}
