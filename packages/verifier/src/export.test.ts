import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CODEC_DEFLATE,
  CODEC_STORED,
  CODEC_ZSTD,
  concat,
  decodeUtf8,
  encodeUtf8,
  FRAME,
  type Leaf,
  sealedCommitment,
  u64,
} from '@probity/core'
import fc from 'fast-check'
import {
  bundleFrame,
  type Frame,
  headerFrame,
  partFrame,
  rangeFrames,
  seal,
  selectionFrames,
  source,
  split,
} from '../test/exports.ts'
import { TestLog } from '../test/log.ts'
import { nodeCrypto, verifyExport } from './node.ts'
import type { NotVerified, Result } from './result.ts'

const log = TestLog.of(700)
const small = TestLog.of(9)

const verify = (bytes: Uint8Array, pin?: string, of = log): Promise<Result> =>
  verifyExport(source(bytes), [of.key], pin === undefined ? {} : { pin })

async function refused(bytes: Uint8Array, code: string, index: number | null, of = log): Promise<void> {
  const result = await verify(bytes, undefined, of)
  assert.equal(result.verified, false, code)
  const { verified: _, message, ...rest } = result as NotVerified
  assert.deepEqual(rest, { code, index }, message)
}

const bundlesOf = (frames: Frame[]) => frames.flatMap(({ kind }, at) => (kind === FRAME.bundle ? [at] : []))

test('a range of a whole log verifies', async () => {
  const result = await verify(seal(rangeFrames(log)))
  assert.deepEqual(result, {
    verified: true,
    kind: 'range',
    origin: log.origin,
    tenant_id: log.tenantId,
    start: 0,
    end: 700,
    size: 700,
    root: Buffer.from(log.root()).toString('base64'),
    entries: 700,
    anchored: null,
    sealed_opened: 234,
  })
})

const codecs = fc.constantFrom(CODEC_STORED, CODEC_DEFLATE, CODEC_ZSTD)

test('any range of any log verifies, however it is encoded', async () => {
  const numbers = fc.tuple(fc.nat(700), fc.nat(700), fc.nat(700)).map((three) => three.sort((a, b) => a - b))
  await fc.assert(
    fc.asyncProperty(numbers, codecs, fc.boolean(), async ([start = 0, end = 0, size = 0], codec, parts) => {
      const result = await verify(seal(rangeFrames(log, { start, end, size, codec, parts })))
      assert.ok(result.verified, JSON.stringify(result))
      assert.equal(result.entries, end - start)
    }),
    { numRuns: 60 },
  )
})

test('any selection verifies', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(699), { maxLength: 30 }), async (indexes) => {
      const result = await verify(
        seal(
          selectionFrames(
            log,
            indexes.sort((a, b) => a - b),
          ),
        ),
      )
      assert.ok(result.verified, JSON.stringify(result))
      assert.equal(result.entries, indexes.length)
    }),
    { numRuns: 30 },
  )
})

test('every flipped bit of an export is found', async () => {
  const exports = [
    seal(rangeFrames(small, { start: 2, end: 7, codec: CODEC_STORED })),
    seal(rangeFrames(small, { start: 2, end: 7, codec: CODEC_DEFLATE })),
    seal(rangeFrames(small, { start: 2, end: 7, codec: CODEC_ZSTD })),
    seal(selectionFrames(small, [0, 3, 8])),
  ]
  for (const bytes of exports) {
    assert.ok((await verify(bytes, undefined, small)).verified)
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes)
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      const result = await verify(changed, undefined, small)
      assert.equal(result.verified, false, `byte ${at}`)
      assert.notEqual((result as NotVerified).code, 'INTERNAL', `byte ${at}`)
    }
  }
})

test('a flipped bit that the trailer is made to agree with is found, unless it only changes the date', async () => {
  const frames = rangeFrames(small, { start: 2, end: 7, codec: CODEC_STORED })
  for (const [i, { kind, payload }] of frames.entries()) {
    const date = decodeUtf8(frames[0]?.payload ?? payload).indexOf('created_at') + 12
    for (let at = 0; at < payload.length; at++) {
      if (kind === FRAME.header && at >= date && at < date + 16) continue
      const changed = Uint8Array.from(payload)
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      const result = await verify(seal(frames.with(i, { kind, payload: changed })), undefined, small)
      assert.equal(result.verified, false, `frame ${i}, byte ${at}`)
      assert.notEqual((result as NotVerified).code, 'INTERNAL')
    }
  }
})

test('an export that is cut off anywhere is found', async () => {
  const bytes = seal(rangeFrames(small))
  for (let length = 0; length < bytes.length; length++) {
    assert.equal((await verify(bytes.subarray(0, length), undefined, small)).verified, false, `${length} bytes`)
  }
  await refused(concat([bytes, Uint8Array.of(0)]), 'TRAILING_BYTES', null, small)
})

test('the entry that changed is named', async () => {
  for (const index of [0, 255, 256, 699]) {
    const frames = rangeFrames(log, { codec: CODEC_STORED })
    const at = bundlesOf(frames)[Math.floor(index / 256)] as number
    const payload = Uint8Array.from(frames[at]?.payload ?? [])
    const entry = log.entries[index] as Uint8Array
    const position = Buffer.from(payload).indexOf(entry) + entry.indexOf(0x72) // an r of "actor"
    payload[position] = 0x78
    await refused(seal(frames.with(at, { kind: FRAME.bundle, payload })), 'ENTRY_CHANGED', index)
  }
})

test('a changed entry is named before a later fault, a wrong trailer or a cut', async () => {
  const frames = rangeFrames(log, { codec: CODEC_STORED })
  const at = bundlesOf(frames)[1] as number
  const payload = Uint8Array.from(frames[at]?.payload ?? [])
  payload[payload.length - 3] = (payload[payload.length - 3] as number) ^ 1
  const bytes = seal(frames.with(at, { kind: FRAME.bundle, payload }))
  await refused(bytes, 'ENTRY_CHANGED', 511)
  await refused(bytes.with(bytes.length - 1, (bytes.at(-1) as number) ^ 1), 'ENTRY_CHANGED', 511)
  await refused(bytes.subarray(0, -40), 'ENTRY_CHANGED', 511)
})

test('an entry that changed together with its prefix is found by the root', async () => {
  const changed = log.entries.with(300, TestLog.of(301, 'log', { n: -1 }).entries[300] as Uint8Array)
  const frames = rangeFrames(log, { parts: false })
  const at = bundlesOf(frames)[1] as number
  await refused(seal(frames.with(at, bundleFrame(changed.slice(256, 512), 256))), 'ROOT_MISMATCH', 0)
})

test('an entry left out, put twice or in another place is named', async () => {
  const frames = rangeFrames(log, { parts: false })
  const [first, second, third] = bundlesOf(frames) as [number, number, number]
  await refused(seal(frames.toSpliced(second, 1)), 'INDEX_GAP', 256)
  await refused(seal(frames.toSpliced(third, 1)), 'ENTRIES_MISSING', 512)
  await refused(seal(frames.toSpliced(second, 0, frames[first] as Frame)), 'INDEX_GAP', 256)
  const swapped = frames.with(first, frames[second] as Frame).with(second, frames[first] as Frame)
  await refused(seal(swapped), 'INDEX_GAP', 0)
  const exchanged = log.entries.with(1, log.entries[2] as Uint8Array).with(2, log.entries[1] as Uint8Array)
  await refused(seal(frames.with(first, bundleFrame(exchanged.slice(0, 256), 0))), 'ROOT_MISMATCH', 0)
  await refused(
    seal([...frames.slice(0, -1), bundleFrame(log.entries.slice(0, 1), 700), ...frames.slice(-1)]),
    'RANGE_INVALID',
    700,
  )
})

test('frames in another order, missing, twice or unknown are refused', async () => {
  const frames = rangeFrames(small, { parts: false })
  for (let i = 0; i < frames.length; i++) {
    for (const changed of [
      frames.toSpliced(i, 1),
      frames.toSpliced(i, 0, frames[i] as Frame),
      frames.toSpliced(i, 0, { kind: 0x58, payload: new Uint8Array() }),
      frames.with(i, frames[(i + 1) % frames.length] as Frame),
    ]) {
      assert.equal((await verify(seal(changed), undefined, small)).verified, false, `frame ${i}`)
    }
  }
  await refused(
    seal([...rangeFrames(small, { parts: false }), { kind: 0x58, payload: new Uint8Array() }]),
    'FRAME_ORDER',
    9,
    small,
  )
})

test('an honest log with a leaf that is not valid is refused, with its index', async () => {
  const bad: [Uint8Array, string][] = [
    [encodeUtf8('not a leaf'), 'LEAF_MALFORMED'],
    [new Uint8Array(), 'LEAF_MALFORMED'],
    [encodeUtf8(JSON.stringify(small.leaf(4), null, 1)), 'LEAF_NOT_CANONICAL'],
    [TestLog.of(5, 'another tenant').entries[4] as Uint8Array, 'TENANT_MISMATCH'],
  ]
  for (const [entry, code] of bad) {
    const dishonest = TestLog.of(4)
    dishonest.appendBytes(entry)
    dishonest.append({})
    await refused(seal(rangeFrames(dishonest)), code, 4, dishonest)
    await refused(seal(selectionFrames(dishonest, [1, 4])), code, 4, dishonest)
  }
})

test('an event id that comes twice is found, far apart too', async () => {
  const dishonest = TestLog.of(600)
  dishonest.append({ event_id: dishonest.leaf(7).event_id })
  dishonest.append({})
  await refused(seal(rangeFrames(dishonest)), 'EVENT_ID_DUPLICATE', 600, dishonest)
  await refused(seal(selectionFrames(dishonest, [7, 9, 600])), 'EVENT_ID_DUPLICATE', 600, dishonest)
  assert.ok((await verify(seal(selectionFrames(dishonest, [9, 600])), undefined, dishonest)).verified)
})

test('event ids that only look alike are not taken for duplicates', async () => {
  const alike = new TestLog()
  for (let i = 0; i < 300; i++) {
    alike.append({ event_id: `${String(i).padStart(8, '0')}-0000-7000-8000-000000000001` })
  }
  assert.ok((await verify(seal(rangeFrames(alike)), undefined, alike)).verified)
})

test('an opened part that is not the sealed one is refused, with its index', async () => {
  const parts = small.parts
  const [first] = parts as [(typeof parts)[0]]
  const frames = rangeFrames(small, { parts: false })
  const at = (bundlesOf(frames)[0] as number) + 1
  const withParts = (...opened: Frame[]) => seal(frames.toSpliced(at, 0, ...opened))
  assert.ok((await verify(withParts(...parts.map(partFrame)), undefined, small)).verified)
  await refused(withParts(partFrame({ ...first, value: { '/ip_address': '192.0.2.9' } })), 'PART_CHANGED', 0, small)
  await refused(withParts(partFrame({ ...first, r: new Uint8Array(32) })), 'PART_CHANGED', 0, small)
  await refused(withParts(partFrame({ ...first, part: 1 })), 'PART_UNKNOWN', 0, small)
  await refused(withParts(partFrame({ ...first, index: 1 })), 'PART_UNKNOWN', 1, small)
  await refused(withParts(partFrame({ ...first, index: 9 })), 'PART_ORDER', 0, small)
  await refused(withParts(partFrame(first), partFrame(first)), 'PART_ORDER', 0, small)
  await refused(withParts(partFrame({ ...first, value: [] })), 'PART_MALFORMED', 0, small)
  await refused(withParts(partFrame({ ...first, value: { name: 1 } })), 'PART_MALFORMED', 0, small)
  const loose = concat([u64(0), Uint8Array.of(0, 0), first.r, encodeUtf8('{"/ip_address": "192.0.2.0"}')])
  await refused(withParts({ kind: FRAME.part, payload: loose }), 'PART_MALFORMED', 0, small)
})

test('header and checkpoint must speak of the same log and of a range within it', async () => {
  const other = TestLog.of(9, 'other')
  await refused(seal(rangeFrames(small, { checkpoint: other.checkpoint() })), 'SIGNATURE_MISSING', null, small)
  await refused(seal(rangeFrames(small, { header: { origin: other.origin } })), 'ORIGIN_MISMATCH', null, small)
  await refused(seal(rangeFrames(small, { header: { tenant_id: other.tenantId } })), 'TENANT_MISMATCH', null, small)
  await refused(seal(rangeFrames(small, { header: { end: 10 } })), 'RANGE_INVALID', 9, small)
  await refused(seal(rangeFrames(small, { header: { end: 8 } })), 'RANGE_INVALID', 8, small)
  await refused(seal(rangeFrames(small, { header: { start: 1 } })), 'RANGE_INVALID', null, small)
  const lie = small.checkpoint(9, small.root(8))
  await refused(seal(rangeFrames(small, { checkpoint: lie })), 'ROOT_MISMATCH', 0, small)
})

test('without a trusted key nothing is verified', async () => {
  const result = await verifyExport(source(seal(rangeFrames(small))), [])
  assert.equal((result as NotVerified).code, 'SIGNATURE_MISSING')
})

test('selected entries must ascend and be in the tree', async () => {
  const frames = selectionFrames(small, [2, 5])
  const entries = frames.filter(({ kind }) => kind === FRAME.entry)
  const begin = frames.slice(0, 2)
  await refused(seal([...begin, ...entries.toReversed()]), 'ENTRY_ORDER', 2, small)
  await refused(seal([...begin, entries[0] as Frame, entries[0] as Frame]), 'ENTRY_ORDER', 2, small)
  const moved = { kind: FRAME.entry, payload: Uint8Array.from(entries[0]?.payload ?? []) }
  moved.payload[7] = 3
  await refused(seal([...begin, moved]), 'INCLUSION_INVALID', 3, small)
  const narrow = headerFrame(small, { kind: 'selection', start: 0, end: 5 })
  await refused(seal([narrow, begin[1] as Frame, ...entries]), 'ENTRY_ORDER', 5, small)
})

test('a selection of a log that claims an absurd size is decided at once', async () => {
  const one = TestLog.of(1)
  const size = Number.MAX_SAFE_INTEGER
  const checkpoint = { kind: FRAME.checkpoint, payload: encodeUtf8(one.checkpoint(size, one.root(1))) }
  const header = headerFrame(one, { kind: 'selection', start: 0, end: size })
  const result = await verify(seal([header, checkpoint]), undefined, one)
  assert.ok(result.verified)
  assert.equal(result.entries, 0)
})

test('bytes after the last block of a compressed bundle are refused', async () => {
  for (const codec of [CODEC_DEFLATE, CODEC_ZSTD]) {
    const frames = rangeFrames(small, { parts: false, codec })
    const [at] = bundlesOf(frames) as [number]
    const payload = concat([frames[at]?.payload ?? new Uint8Array(), Uint8Array.of(0)])
    await refused(seal(frames.with(at, { kind: FRAME.bundle, payload })), 'BUNDLE_MALFORMED', 0, small)
  }
})

test('garbage is not verified, and nothing is thrown', async () => {
  const good = seal(rangeFrames(small))
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => concat([good.subarray(0, 17), bytes])),
    fc
      .array(
        fc.record({
          kind: fc.constantFrom(...'HCLBEPRZX').map((c) => c.charCodeAt(0)),
          payload: fc.uint8Array(),
        }),
      )
      .map((frames) => seal(frames)),
    fc
      .tuple(
        fc.nat(),
        fc.array(
          fc.record({
            kind: fc.constantFrom(...'BEPRZX').map((c) => c.charCodeAt(0)),
            payload: fc.uint8Array(),
          }),
        ),
      )
      .map(([n, frames]) => seal([...split(good).slice(0, (n % 3) + 1), ...frames])),
  )
  await fc.assert(
    fc.asyncProperty(garbage, async (bytes) => {
      const result = await verify(bytes, undefined, small)
      assert.equal(result.verified, false)
      assert.notEqual((result as NotVerified).code, 'INTERNAL', JSON.stringify(result))
    }),
    { numRuns: 1000 },
  )
})

test('a source that fails is not verified', async () => {
  const failing = {
    open: () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('EIO')) }),
    }),
  }
  assert.equal(((await verifyExport(failing, [small.key])) as NotVerified).code, 'UNREADABLE')
})

test('unusual but honest leaves verify', async () => {
  const odd = new TestLog()
  odd.append({ data: JSON.parse('{"__proto__":{"a":1},"event_id":"x"}') as Leaf['data'] })
  odd.append({ event_type: '😀'.repeat(255), resource: 'x'.repeat(60_000) })
  assert.ok((await verify(seal(rangeFrames(odd)), undefined, odd)).verified)
})

test('opened parts of many megabytes are checked, each of them', async () => {
  const large = new TestLog()
  const subjects = [large.tenantId]
  const opened = Array.from({ length: 5 }, (_, index) => {
    const value = { '/data/text': String(index).repeat(5_000_000) }
    const r = new Uint8Array(32).fill(index)
    large.append({ sealed: [{ subjects, commit: sealedCommitment(nodeCrypto, r, value) }] })
    return { index, part: 0, r, value }
  })
  large.append({})
  const frames = rangeFrames(large, { parts: false })
  const withParts = (parts: typeof opened) => seal(frames.toSpliced(4, 0, ...parts.map(partFrame)))
  const result = await verify(withParts(opened), undefined, large)
  assert.ok(result.verified, JSON.stringify(result))
  assert.equal(result.sealed_opened, 5)
  const changed = opened.with(4, { ...(opened[4] as (typeof opened)[0]), value: { '/data/text': '' } })
  await refused(withParts(changed), 'PART_CHANGED', 4, large)
})
