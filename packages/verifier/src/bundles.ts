import { decodeBundlePayload, type ExportHeader, FRAME } from '@probity/core'
import type { BundleJob, BundleReport, CheckBundle } from './bundle.ts'
import type { FrameReader } from './frames.ts'
import { PartOrder } from './part-order.ts'
import { Pipeline } from './pipeline.ts'
import { Refusal, refusalOf } from './result.ts'

/** Bytes of opened parts that are handed on at once; more of one bundle go with a copy of it. */
const MAX_PART_BYTES = 2 ** 23

export interface BundleTask extends Pick<BundleJob, 'task' | 'boundary'> {
  check: CheckBundle
  take: (report: BundleReport) => void
}

/**
 * Reads the frames `B` and `P` of a range and has them checked in parallel; reports are taken in order. That the
 * indexes join without a gap from start to end is checked here. Throws Refusal with the first bad index: a fault
 * in an earlier bundle goes before one in the frames after it.
 */
export async function readBundles(frames: FrameReader, header: ExportHeader, task: BundleTask): Promise<void> {
  const pipeline = new Pipeline(task.check)
  try {
    await feed(pipeline, frames, header, task)
  } catch (error) {
    await pipeline.drain()
    throw error
  }
  await pipeline.drain()
}

async function feed(pipeline: Pipeline, frames: FrameReader, header: ExportHeader, task: BundleTask): Promise<void> {
  let next = header.start
  for (;;) {
    frames.index = next
    const payload = await frames.take(FRAME.bundle)
    if (!payload) break
    const end = endOfBundle(payload, next, header)
    await feedBundle(pipeline, frames, payload, { first: next, end }, header.tenant_id, task)
    next = end
  }
  if (next === header.end) return
  throw new Refusal('ENTRIES_MISSING', next, `the entries from ${next} to ${header.end} are missing`)
}

function endOfBundle(payload: Uint8Array, next: number, header: ExportHeader): number {
  try {
    const { first, count } = decodeBundlePayload(payload)
    if (first !== next) throw new Refusal('INDEX_GAP', next, `entry ${first} stands where ${next} should`)
    if (first + count <= header.end) return first + count
  } catch (error) {
    throw refusalOf(error, next)
  }
  throw new Refusal('RANGE_INVALID', header.end, `the entries go on after ${header.end}`)
}

async function feedBundle(
  pipeline: Pipeline,
  frames: FrameReader,
  payload: Uint8Array,
  { first, end }: { first: number; end: number },
  tenantId: string,
  { task, boundary, take }: BundleTask,
): Promise<void> {
  const order = new PartOrder(first, end)
  let parts: Uint8Array[] = []
  let bytes = 0
  let takeReport = take
  const give = async (bundle: Uint8Array) => {
    await pipeline.give({ payload: bundle, parts, tenantId, boundary, task }, takeReport)
    takeReport = (report) => take(onlyParts(report))
    parts = []
    bytes = 0
  }
  try {
    for (let part = await frames.take(FRAME.part); part; part = await frames.take(FRAME.part)) {
      order.admit(part)
      if (task === 'ids') continue
      if (bytes > MAX_PART_BYTES) await give(payload.slice())
      parts.push(part)
      bytes += part.length
    }
  } finally {
    await give(payload) // also when a frame after it is damaged: its own fault comes first
  }
}

function onlyParts(report: BundleReport): BundleReport {
  const none = new Uint8Array()
  return { ...report, levels: none, roots: none, eventIds: none }
}
