import { equal, FRAME, HASH_LENGTH, RangeHasher, splitHashes } from '@probity/core'
import type { BundleReport } from './bundle.ts'
import { readBundles } from './bundles.ts'
import type { BodyReport, Context } from './context.ts'
import type { FrameReader } from './frames.ts'
import { Refusal } from './result.ts'

/**
 * Verifies the frames `L` to `R` of a range (formats §6): with the nodes left and right of it, its leaves give the
 * root of the checkpoint, and that of the pin on the way. Throws Refusal with the first bad index.
 */
export async function verifyRange(frames: FrameReader, context: Context): Promise<BodyReport> {
  const { header, checkpoint, pin, crypto, check } = context
  const { start, end } = header
  const left = splitHashes(await frames.expect(FRAME.left))
  const hasher = new RangeHasher(crypto.sha256, { start, end, size: checkpoint.size, left })
  let opened = 0
  let pinnedRoot = hasher.next === pin?.size ? hasher.rootSoFar() : null
  const take = (report: BundleReport) => {
    report.levels.forEach((level, i) => {
      hasher.appendSubtree(report.roots.slice(i * HASH_LENGTH, (i + 1) * HASH_LENGTH), level)
      if (hasher.next === pin?.size) pinnedRoot = hasher.rootSoFar()
    })
    opened += report.opened
    context.onEventIds(report.eventIds, report.first)
    context.onProgress(hasher.next - start, end - start)
  }
  await readBundles(frames, header, { check, take, task: 'check', boundary: pin?.size ?? -1 })
  const right = splitHashes(await frames.expect(FRAME.right))
  if (!equal(hasher.finish(right), checkpoint.root)) {
    const message = `entries ${start} to ${end} do not lead to the root of the checkpoint; which is wrong cannot be told`
    throw new Refusal('ROOT_MISMATCH', start, message)
  }
  if (pinnedRoot) pin?.observe(pinnedRoot)
  return { entries: end - start, opened }
}
