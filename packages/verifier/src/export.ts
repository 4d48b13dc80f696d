import {
  decodeHeader,
  decodeUtf8,
  type ExportHeader,
  encodeBase64,
  equal,
  FRAME,
  openCheckpoint,
  parseLeaf,
  uuidToBytes,
  type VerifierKey,
} from '@probity/core'
import { requireAgreement } from './agreement.ts'
import { anchoredBy } from './anchored.ts'
import { type CheckBundle, checkBundle } from './bundle.ts'
import { readBundles } from './bundles.ts'
import type { Context } from './context.ts'
import type { VerifierCrypto } from './crypto.ts'
import { FrameReader } from './frames.ts'
import { openPin } from './pin.ts'
import { verifyRange } from './range.ts'
import { notVerified, Refusal, type Result } from './result.ts'
import { readEntries, verifySelection } from './selection.ts'
import { DuplicateFinder, Fingerprints, MAX_HELD, sharesOf } from './unique.ts'

/** The bytes of an export. They are read once, and again from the start where event ids must be looked at twice. */
export interface ExportSource {
  open(): AsyncIterable<Uint8Array>
}

export interface ExportOptions {
  crypto: VerifierCrypto
  /** A signed note of an earlier or later checkpoint of the log. */
  pin?: string
  /** Where bundles are checked: in this thread, unless a pool of others is given. */
  check?: CheckBundle
  onProgress?: (done: number, total: number) => void
}

/** Verifies an export (formats §6) against trusted keys, as a stream in bounded memory. Never throws. */
export async function verifyExport(
  source: ExportSource,
  keys: readonly VerifierKey[],
  options: ExportOptions,
): Promise<Result> {
  try {
    return await verify(source, keys, options)
  } catch (error) {
    return notVerified(error)
  }
}

async function verify(source: ExportSource, keys: readonly VerifierKey[], options: ExportOptions): Promise<Result> {
  const { crypto, check = async (job) => checkBundle(crypto, job), onProgress = () => undefined } = options
  const pin = options.pin === undefined ? null : openPin(options.pin, keys, crypto)
  const frames = new FrameReader(source.open(), crypto)
  try {
    const header = await readHeader(frames)
    const note = decodeUtf8(await frames.expect(FRAME.checkpoint))
    const checkpoint = openCheckpoint(note, keys, crypto)
    const anchored = anchoredBy(note, keys, crypto)
    requireAgreement(header, checkpoint)
    pin?.compare(checkpoint)
    const total = mostEntries(header)
    const fingerprints = new Fingerprints(0, sharesOf(total), total)
    const onEventIds = (eventIds: Uint8Array) => fingerprints.add(eventIds)
    const context: Context = { crypto, check, header, checkpoint, pin, onEventIds, onProgress }
    const verifyBody = header.kind === 'range' ? verifyRange : verifySelection
    const { entries, opened } = await verifyBody(frames, context)
    const trailer = await frames.finish()
    await requireUnique(fingerprints, (onIds) => readEventIds(source, trailer, crypto, check, onIds), total)
    pin?.requireHeld()
    return {
      verified: true,
      kind: header.kind,
      origin: header.origin,
      tenant_id: header.tenant_id,
      start: header.start,
      end: header.end,
      size: checkpoint.size,
      root: encodeBase64(checkpoint.root),
      entries,
      anchored,
      sealed_opened: opened,
    }
  } finally {
    await frames.close()
  }
}

async function readHeader(frames: FrameReader): Promise<ExportHeader> {
  await frames.open()
  return decodeHeader(await frames.expect(FRAME.header))
}

// A range has as many as it says; what a selection says are bounds, and it is looked at in one go.
function mostEntries({ kind, start, end }: ExportHeader): number {
  return kind === 'range' ? end - start : Math.min(end - start, MAX_HELD)
}

type OnEventIds = (eventIds: Uint8Array, first: number) => void

// No event id twice, exactly and in bounded memory: see unique.ts.
async function requireUnique(
  first: Fingerprints,
  readAgain: (onEventIds: OnEventIds) => Promise<void>,
  total: number,
): Promise<void> {
  const shares = sharesOf(total)
  for (let share = 0; share < shares; share++) {
    const fingerprints = share === 0 ? first : new Fingerprints(share, shares, total)
    if (share > 0) await readAgain((eventIds) => fingerprints.add(eventIds))
    const suspects = fingerprints.suspects()
    if (suspects.size === 0) continue
    const finder = new DuplicateFinder(suspects)
    await readAgain((eventIds, index) => finder.add(eventIds, index))
  }
}

async function readEventIds(
  source: ExportSource,
  trailer: Uint8Array,
  crypto: VerifierCrypto,
  check: CheckBundle,
  onEventIds: OnEventIds,
): Promise<void> {
  const frames = new FrameReader(source.open(), crypto)
  try {
    const header = await readHeader(frames)
    await frames.expect(FRAME.checkpoint)
    if (header.kind === 'range') {
      await frames.expect(FRAME.left)
      const take = ({ eventIds, first }: { eventIds: Uint8Array; first: number }) => onEventIds(eventIds, first)
      await readBundles(frames, header, { check, take, task: 'ids', boundary: -1 })
      await frames.expect(FRAME.right)
    } else {
      for await (const { index, leaf } of readEntries(frames, header)) {
        onEventIds(uuidToBytes(parseLeaf(leaf).event_id), index)
        while (await frames.take(FRAME.part));
      }
    }
    if (!equal(await frames.finish(), trailer)) throw new Refusal('CHANGED', null, 'the file changed while it was read')
  } finally {
    await frames.close()
  }
}
