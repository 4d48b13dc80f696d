import { deflateRawSync, zstdCompressSync } from 'node:zlib'
import {
  CODEC_DEFLATE,
  CODEC_STORED,
  CODEC_ZSTD,
  canonicalize,
  concat,
  decodeFrameHead,
  decomposeLeft,
  decomposeRight,
  EXPORT_MAGIC,
  type ExportHeader,
  encodeBundle,
  encodeBundlePayload,
  encodeEntryPayload,
  encodeFrame,
  encodeHeader,
  encodePartPayload,
  encodeUtf8,
  FRAME,
  FRAME_HEAD_LENGTH,
  leafHash,
  PREFIX_LENGTH,
} from '@probity/core'
import { type ExportSource, nodeCrypto } from '../src/node.ts'
import type { OpenedPart, TestLog } from './log.ts'

const { sha256 } = nodeCrypto
const WIDTH = 256

export interface Frame {
  kind: number
  payload: Uint8Array
}

export interface RangeChoice {
  start?: number
  end?: number
  size?: number
  codec?: number
  parts?: boolean
  checkpoint?: string
  header?: Partial<ExportHeader>
}

/** The frames of a range, without the trailer. */
export function rangeFrames(log: TestLog, choice: RangeChoice = {}): Frame[] {
  const { size = log.entries.length, start = 0, end = size, codec = CODEC_ZSTD, parts = true } = choice
  const frames: Frame[] = [
    headerFrame(log, { kind: 'range', start, end, ...choice.header }),
    { kind: FRAME.checkpoint, payload: encodeUtf8(choice.checkpoint ?? log.checkpoint(size)) },
    { kind: FRAME.left, payload: concat(decomposeLeft(start).map((span) => log.hash(span))) },
  ]
  for (let first = start; first < end; ) {
    const next = Math.min(end, (Math.floor(first / WIDTH) + 1) * WIDTH)
    frames.push(bundleFrame(log.entries.slice(first, next), first, codec))
    if (parts) frames.push(...log.parts.filter(({ index }) => index >= first && index < next).map(partFrame))
    first = next
  }
  frames.push({
    kind: FRAME.right,
    payload: concat(decomposeRight(end, size).map((span) => log.hash(span))),
  })
  return frames
}

/** The frames of a selection, without the trailer. */
export function selectionFrames(log: TestLog, indexes: readonly number[], size = log.entries.length): Frame[] {
  const frames: Frame[] = [
    headerFrame(log, { kind: 'selection', start: 0, end: size }),
    { kind: FRAME.checkpoint, payload: encodeUtf8(log.checkpoint(size)) },
  ]
  for (const index of indexes) {
    const leaf = log.entries[index] as Uint8Array
    frames.push({
      kind: FRAME.entry,
      payload: encodeEntryPayload({ index, proof: log.proof(index, size), leaf }),
    })
    frames.push(...log.parts.filter((part) => part.index === index).map(partFrame))
  }
  return frames
}

export function headerFrame(log: TestLog, header: Partial<ExportHeader>): Frame {
  const { origin, tenantId: tenant_id } = log
  const whole = {
    kind: 'range' as const,
    origin,
    tenant_id,
    created_at: 1_700_000_000_000_000,
    start: 0,
    end: 0,
  }
  return { kind: FRAME.header, payload: encodeHeader({ ...whole, ...header }) }
}

export function bundleFrame(entries: readonly Uint8Array[], first: number, codec = CODEC_STORED): Frame {
  const bundle = encodeBundle(entries)
  const payload = encodeBundlePayload({
    first,
    count: entries.length,
    codec,
    prefixes: concat(entries.map((entry) => leafHash(sha256, entry).subarray(0, PREFIX_LENGTH))),
    bundle: pack(bundle, codec),
  })
  return { kind: FRAME.bundle, payload }
}

function pack(bundle: Uint8Array, codec: number): Uint8Array {
  if (codec === CODEC_STORED) return bundle
  if (codec === CODEC_DEFLATE) return deflateRawSync(bundle, { level: 1 })
  // A chunk that is filled to the brim would have zlib add an empty frame.
  return zstdCompressSync(bundle, { pledgedSrcSize: bundle.length, chunkSize: bundle.length + 1024 })
}

export function partFrame({ index, part, r, value }: OpenedPart): Frame {
  return {
    kind: FRAME.part,
    payload: encodePartPayload({ index, part, r, text: encodeUtf8(canonicalize(value)) }),
  }
}

/** The bytes of an export, with the right trailer. */
export function seal(frames: readonly Frame[]): Uint8Array {
  const body = concat([EXPORT_MAGIC, ...frames.map(({ kind, payload }) => encodeFrame(kind, payload))])
  return concat([body, encodeFrame(FRAME.trailer, sha256(body))])
}

/** The frames of an export, the trailer left out. */
export function split(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = []
  for (let at = EXPORT_MAGIC.length; at < bytes.length; ) {
    const { kind, length } = decodeFrameHead(bytes, at)
    at += FRAME_HEAD_LENGTH
    frames.push({ kind, payload: bytes.slice(at, at + length) })
    at += length
  }
  return frames.slice(0, -1)
}

/** Bytes as a source, in pieces of a size that fits nothing. */
export function source(bytes: Uint8Array, piece = 1009): ExportSource {
  return {
    async *open() {
      for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece)
    },
  }
}
