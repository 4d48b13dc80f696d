import { generateKeyPairSync, sign } from 'node:crypto'
import { formatCheckpoint, formatNote, keyId, signatureLine } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Logs } from './build-log.ts'
import { type Attack, bySql } from './expectation.ts'
import { changeLeaf, flipBit, recompute } from './tamper.ts'

const MIDDLE = 300

const dropFrom = (size: number) => `
  DELETE FROM audit_bundles WHERE tenant_id = $1 AND first_seq >= ${size};
  DELETE FROM audit_event_ids WHERE tenant_id = $1 AND seq >= ${size};
  DELETE FROM audit_sealed_parts WHERE tenant_id = $1 AND seq >= ${size};`

/** Attacks on the head, the tree and the whole log. */
export const headAttacks: Attack[] = [
  bySql(
    'the tail dropped everywhere, the head left',
    ({ oldHead }) => dropFrom(oldHead.size),
    ({ oldHead }) => ({ first: oldHead.size, code: 'ENTRIES_MISSING' }),
  ),
  bySql(
    'the tail dropped and the size lowered',
    ({ oldHead }) => `${dropFrom(oldHead.size)} UPDATE audit_logs SET size = ${oldHead.size} WHERE tenant_id = $1`,
    ({ oldHead }) => ({ first: 0, code: 'TRUNCATED', also: oldHead.size }),
  ),
  bySql(
    'the tail dropped and an old checkpoint replayed',
    ({ oldHead }) => `${dropFrom(oldHead.size)} ${replay(oldHead)}`,
    ({ oldHead }) => ({ first: oldHead.size, code: 'TRUNCATED' }),
  ),
  bySql(
    'an old checkpoint replayed over the whole log',
    ({ oldHead }) => replay(oldHead),
    ({ oldHead }) => ({ first: oldHead.size, code: 'TRUNCATED' }),
  ),
  bySql(
    'the log of a tenant deleted',
    `${dropFrom(0)} DELETE FROM audit_tiles WHERE tenant_id = $1; DELETE FROM audit_logs WHERE tenant_id = $1`,
    () => ({
      first: 0,
      code: 'LOG_MISSING',
    }),
  ),
  bySql('the head alone deleted', 'DELETE FROM audit_logs WHERE tenant_id = $1', () => ({
    first: 0,
    code: 'LOG_MISSING',
  })),
  bySql(
    `the head's root changed`,
    `UPDATE audit_logs SET root = decode(repeat('ab', 32), 'hex') WHERE tenant_id = $1`,
    () => ({
      first: 0,
      code: 'HEAD_MISMATCH',
    }),
  ),
  bySql('the origin changed', `UPDATE audit_logs SET origin = origin || 'x' WHERE tenant_id = $1`, () => ({
    first: 0,
    code: 'HEAD_MISMATCH',
  })),
  bySql('the size lowered', 'UPDATE audit_logs SET size = size - 1 WHERE tenant_id = $1', ({ size }) => ({
    first: 0,
    also: size - 1,
  })),
  bySql('the size raised', 'UPDATE audit_logs SET size = size + 1 WHERE tenant_id = $1', ({ size }) => ({
    first: 0,
    also: size,
  })),
  bySql(
    'the checkpoint of another tenant',
    ({
      other,
    }) => `UPDATE audit_logs SET checkpoint = (SELECT checkpoint FROM audit_logs WHERE tenant_id = '${other.tenantId}')
      WHERE tenant_id = $1`,
    () => ({ first: 0, code: 'CHECKPOINT_INVALID' }),
  ),
  bySql(
    'the heads of two tenants swapped',
    ({
      other,
    }) => `UPDATE audit_logs a SET origin = b.origin, size = b.size, root = b.root, checkpoint = b.checkpoint FROM audit_logs b
      WHERE a.tenant_id IN ($1, '${other.tenantId}') AND b.tenant_id IN ($1, '${other.tenantId}') AND a.tenant_id <> b.tenant_id`,
    () => ({ first: 0, code: 'CHECKPOINT_INVALID', others: true }),
  ),
  {
    name: 'one bit of the signature of the checkpoint flipped',
    async run({ server, tenantId }) {
      const [head] = await server.sql<{ checkpoint: string }>(
        'SELECT checkpoint FROM audit_logs WHERE tenant_id = $1',
        [tenantId],
      )
      const [, start = '', signature = ''] = /^([\s\S]* )(\S+)\n$/.exec(head?.checkpoint ?? '') ?? []
      const flipped = flipBit(Buffer.from(signature, 'base64')).toString('base64')
      await setCheckpoint({ server, tenantId }, `${start}${flipped}\n`)
      return { first: 0, code: 'CHECKPOINT_INVALID' }
    },
  },
  {
    name: 'everything hashed again without the key, the old checkpoint left',
    async run({ server, tenantId }) {
      await changeLeaf(server, tenantId, MIDDLE, (leaf) => ({ ...leaf, data: { changed: true } }), true)
      await recompute(server, tenantId)
      return { first: [0, 512], code: 'HEAD_MISMATCH' }
    },
  },
  {
    name: 'everything hashed again without the key, the checkpoint unsigned',
    async run({ server, tenantId }) {
      await changeLeaf(server, tenantId, MIDDLE, (leaf) => ({ ...leaf, data: { changed: true } }), true)
      await setCheckpoint({ server, tenantId }, `${formatCheckpoint(await recompute(server, tenantId))}\n`)
      return { first: [0, 512], code: 'CHECKPOINT_INVALID' }
    },
  },
  {
    name: 'everything hashed again, the checkpoint with the signature of the old one',
    async run({ server, tenantId }) {
      const [head] = await server.sql<{ checkpoint: string }>(
        'SELECT checkpoint FROM audit_logs WHERE tenant_id = $1',
        [tenantId],
      )
      await changeLeaf(server, tenantId, MIDDLE, (leaf) => ({ ...leaf, data: { changed: true } }), true)
      const text = formatCheckpoint(await recompute(server, tenantId))
      await setCheckpoint({ server, tenantId }, `${text}\n${head?.checkpoint.split('\n\n')[1]}`)
      return { first: [0, 512], code: 'CHECKPOINT_INVALID' }
    },
  },
  {
    name: 'a fork: other content, hashed again, signed by another key of the same name',
    async run({ server, tenantId }) {
      await changeLeaf(server, tenantId, MIDDLE, (leaf) => ({ ...leaf, data: { changed: true } }), true)
      const head = await recompute(server, tenantId)
      const { privateKey, publicKey } = generateKeyPairSync('ed25519')
      const id = keyId(nodeCrypto.sha256, head.origin, publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
      const text = formatCheckpoint(head)
      const note = formatNote(text, [signatureLine(head.origin, id, sign(null, Buffer.from(text), privateKey))])
      await setCheckpoint({ server, tenantId }, note)
      return { first: [0, 512], code: 'CHECKPOINT_INVALID' }
    },
  },
  {
    name: 'one bit of a tile of level 1 flipped',
    async run({ server, tenantId }) {
      const [tile] = await server.sql<{ hashes: Buffer }>(
        'SELECT hashes FROM audit_tiles WHERE tenant_id = $1 AND level = 1 AND tile = 0',
        [tenantId],
      )
      const hashes = flipBit(tile?.hashes ?? Buffer.alloc(0), 32)
      await server.sql('UPDATE audit_tiles SET hashes = $2 WHERE tenant_id = $1 AND level = 1 AND tile = 0', [
        tenantId,
        hashes,
      ])
      return { first: 256, code: 'TILE_CHANGED' }
    },
  },
  bySql('a tile of level 1 deleted', 'DELETE FROM audit_tiles WHERE tenant_id = $1 AND level = 1', () => ({
    first: 0,
    code: 'TILE_CHANGED',
  })),
]

function replay({ size, root, checkpoint }: Logs['oldHead']): string {
  return `UPDATE audit_logs SET size = ${size}, root = '\\x${root.toString('hex')}', checkpoint = '${checkpoint}' WHERE tenant_id = $1`
}

async function setCheckpoint(
  { server, tenantId }: Pick<Logs, 'server' | 'tenantId'>,
  checkpoint: string,
): Promise<void> {
  await server.sql('UPDATE audit_logs SET checkpoint = $2 WHERE tenant_id = $1', [tenantId, checkpoint])
}
