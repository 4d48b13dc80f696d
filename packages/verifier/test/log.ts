import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import {
  encodeLeaf,
  encodeUtf8,
  formatCheckpoint,
  formatReceipt,
  formatVerifierKey,
  hashOfSpan,
  inclusionSpans,
  type Json,
  keyId,
  type Leaf,
  leafHash,
  nodeHash,
  parseVerifierKey,
  type Span,
  sealedCommitment,
  signatureLine,
  uuidFromDigest,
  type VerifierKey,
} from '@probity/core'
import { nodeCrypto } from '../src/node.ts'

const { sha256 } = nodeCrypto
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex') // RFC 8410 §7

export interface OpenedPart {
  index: number
  part: number
  r: Uint8Array
  value: Json
}

/** A log in memory, for tests: it signs what it is told to. */
export class TestLog {
  readonly tenantId: string
  readonly origin: string
  readonly key: VerifierKey
  readonly entries: Uint8Array[] = []
  readonly parts: OpenedPart[] = []
  readonly #levels: Uint8Array[][] = []
  readonly #privateKey: KeyObject

  constructor(name = 'log') {
    const seed = sha256(encodeUtf8(name))
    this.tenantId = uuidFromDigest(seed)
    this.origin = `log.example/${this.tenantId}`
    const key = Buffer.concat([PKCS8, seed])
    this.#privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
    this.key = parseVerifierKey(sha256, this.verifierKey())
  }

  /** A log of so many entries, each third of which has a sealed part that is opened in exports. */
  static of(size: number, name = 'log', data: Leaf['data'] = {}): TestLog {
    const log = new TestLog(name)
    while (log.entries.length < size) log.append({ data: { n: log.entries.length, ...data } })
    return log
  }

  verifierKey(): string {
    const spki = createPublicKey(this.#privateKey).export({ format: 'der', type: 'spki' })
    return formatVerifierKey(sha256, this.origin, spki.subarray(-32))
  }

  append(members: Partial<Leaf>): void {
    const index = this.entries.length
    const sealed = index % 3 === 0 ? [this.#seal(index)] : []
    this.appendBytes(encodeLeaf({ ...this.leaf(index), sealed, ...members }))
  }

  /** Any bytes as the next entry, be they a leaf or not. */
  appendBytes(bytes: Uint8Array): void {
    this.entries.push(bytes)
    let node = leafHash(sha256, bytes)
    for (let level = 0; ; level++) {
      const row = this.#levels[level] ?? []
      this.#levels[level] = row
      row.push(node)
      const left = row.at(-2)
      if (row.length % 2 === 1 || !left) return
      node = nodeHash(sha256, left, node)
    }
  }

  leaf(index: number): Leaf {
    return {
      v: 1,
      event_id: uuidFromDigest(sha256(encodeUtf8(`event ${index}`))),
      tenant_id: this.tenantId,
      occurred_at: 1_700_000_000_000_000 + index,
      received_at: 1_700_000_000_000_500 + index,
      event_type: 'document.read',
      actor: { id: uuidFromDigest(sha256(encodeUtf8(`person ${index % 7}`))), type: 'person' },
      session: null,
      resource: `document/${index % 100}`,
      action: 'read',
      outcome: 'Success',
      risk_score: index % 101,
      data: {},
      sealed: [],
    }
  }

  hash(span: Span): Uint8Array {
    return hashOfSpan(sha256, span, (level, index) => this.#levels[level]?.[index] as Uint8Array)
  }

  root(size = this.entries.length): Uint8Array {
    return size === 0 ? sha256(new Uint8Array()) : this.hash({ lo: 0, hi: size })
  }

  /** A signed checkpoint, of a lie if one is given. */
  checkpoint(size = this.entries.length, root = this.root(size), origin = this.origin): string {
    return this.note(formatCheckpoint({ origin, size, root }))
  }

  /** A note of any text, signed. */
  note(text: string): string {
    const id = keyId(sha256, this.origin, this.key.publicKey)
    return `${text}\n${signatureLine(this.origin, id, sign(null, encodeUtf8(text), this.#privateKey))}`
  }

  proof(index: number, size = this.entries.length): Uint8Array[] {
    return inclusionSpans(index, size).map((span) => this.hash(span))
  }

  receipt(index: number, size = this.entries.length): string {
    const leaf = this.entries[index] as Uint8Array
    return formatReceipt({ leaf, index, proof: this.proof(index, size), checkpoint: this.checkpoint(size) })
  }

  #seal(index: number): Leaf['sealed'][number] {
    const value = { '/ip_address': `192.0.2.${index % 256}` }
    const r = sha256(encodeUtf8(`r ${index}`))
    this.parts.push({ index, part: 0, r, value })
    return { subjects: [this.tenantId], commit: sealedCommitment(nodeCrypto, r, value) }
  }
}
