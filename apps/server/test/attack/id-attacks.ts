import { generateKeyPairSync, sign } from 'node:crypto'
import { formatCheckpoint, formatNote, keyId, signatureLine } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import type { Logs } from './build-log.ts'
import type { Attack, Expectation } from './expectation.ts'
import { changeLeaf, recompute } from './tamper.ts'

const MIDDLE = 300

/** An attack on the row of the first id from MIDDLE on that a caller gave; `$2` is its index. */
function onId(name: string, text: string, expected: (seq: number) => Expectation): Attack {
  return {
    name,
    async run({ server, tenantId }) {
      const [row] = await server.sql<{ seq: number }>(
        'SELECT min(seq)::int AS seq FROM audit_event_ids WHERE tenant_id = $1 AND seq >= $2',
        [tenantId, MIDDLE],
      )
      const seq = row?.seq ?? -1
      await server.sql(text.replaceAll('$1', `'${tenantId}'`).replaceAll('$2', String(seq)))
      return expected(seq)
    },
  }
}

const at = (code: string) => (seq: number) => ({ first: seq, code })

/** Attacks on what else the log relies on: ids, anchors, tombstones, past verifications and keys. */
export const idAttacks: Attack[] = [
  onId(
    'an event id forgotten',
    'DELETE FROM audit_event_ids WHERE tenant_id = $1 AND seq = $2',
    at('EVENT_ID_MISSING'),
  ),
  onId(
    'an event id led to another entry',
    'UPDATE audit_event_ids SET seq = seq + 1 WHERE tenant_id = $1 AND seq = $2',
    at('EVENT_ID_CHANGED'),
  ),
  onId(
    'an event id added',
    `INSERT INTO audit_event_ids (tenant_id, event_id, seq, content) VALUES ($1, gen_random_uuid(), $2, '')`,
    at('EVENT_ID_EXTRA'),
  ),
  onId(
    'a person marked as erased',
    `INSERT INTO subject_tombstones (tenant_id, subject, erased_at, keys_destroyed_at)
     SELECT tenant_id, subjects[1], now(), now() FROM audit_sealed_parts WHERE tenant_id = $1 AND seq >= ${MIDDLE}
     ORDER BY seq LIMIT 1`,
    () => ({ first: [0, MIDDLE + 50], code: 'TOMBSTONE_FORGED' }),
  ),
  onId(
    'the sealed parts of a person dropped, the person marked as erased',
    `INSERT INTO subject_tombstones (tenant_id, subject, erased_at, keys_destroyed_at)
     SELECT tenant_id, subjects[1], now(), now() FROM audit_sealed_parts WHERE tenant_id = $1 AND seq >= ${MIDDLE}
     ORDER BY seq LIMIT 1;
     DELETE FROM audit_sealed_parts p USING subject_tombstones t WHERE p.tenant_id = $1 AND p.subjects[1] = t.subject`,
    () => ({ first: [0, MIDDLE + 50], code: 'SEALED_PART_MISSING' }),
  ),
  onId(
    'the anchored head changed',
    `UPDATE audit_anchors SET root = decode(repeat('ab', 32), 'hex') WHERE tenant_id = $1`,
    () => ({ first: 0, code: 'ANCHOR_CHANGED' }),
  ),
  onId(
    'the path of an anchor changed',
    `UPDATE audit_anchors SET path = decode(repeat('ab', length(path)), 'hex') WHERE tenant_id = $1`,
    () => ({ first: 0, code: 'ANCHOR_CHANGED' }),
  ),
  onId('an anchor led to another entry', 'UPDATE audit_anchors SET anchor = 0 WHERE tenant_id = $1', () => ({
    first: 0,
    code: 'ANCHOR_CHANGED',
  })),
  onId('an anchor led to none', 'UPDATE audit_anchors SET anchor = 100000 WHERE tenant_id = $1', () => ({
    first: 0,
    code: 'ANCHOR_CHANGED',
  })),
  {
    name: 'the tail dropped, every verification and the anchor forgotten',
    async run({ server, tenantId, oldHead }) {
      await dropTail(server, tenantId, oldHead)
      await server.sql('CREATE TABLE kept.audit_verifications AS TABLE audit_verifications')
      await server.sql('DELETE FROM audit_verifications WHERE tenant_id = $1', [tenantId])
      await server.sql('DELETE FROM audit_anchors WHERE tenant_id = $1', [tenantId])
      return { first: oldHead.size, code: 'TRUNCATED' }
    },
    async undo({ server }) {
      await server.sql('INSERT INTO audit_verifications TABLE kept.audit_verifications ON CONFLICT DO NOTHING')
      await server.sql('DROP TABLE kept.audit_verifications')
    },
  },
  {
    name: 'the tail dropped, a later verification of the old head made up',
    async run({ server, tenantId, oldHead }) {
      await dropTail(server, tenantId, oldHead)
      await server.sql(
        `INSERT INTO audit_verifications (tenant_id, id, verification_timestamp, start_sequence, end_sequence, integrity_valid,
           verification_signature, checkpoint) VALUES ($1, gen_random_uuid(), '2099-01-01', 0, $2, true, 'x', $3)`,
        [tenantId, oldHead.size, oldHead.checkpoint],
      )
      return { first: oldHead.size, code: 'TRUNCATED' }
    },
    async undo({ server }) {
      await server.sql(`DELETE FROM audit_verifications WHERE verification_signature = 'x'`)
    },
  },
  {
    name: 'a fork signed by a key that was put into the keystore',
    async run({ server, tenantId }) {
      await changeLeaf(server, tenantId, MIDDLE, (leaf) => ({ ...leaf, data: { changed: true } }), true)
      const head = await recompute(server, tenantId)
      const { privateKey, publicKey } = generateKeyPairSync('ed25519')
      const bytes = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
      await server.keystoreSql(
        `INSERT INTO signing_keys (tenant_id, key_id, name, algorithm, public_key, epoch, wrapped, created_at, retired_at)
         SELECT tenant_id, gen_random_uuid(), name, algorithm, $2, epoch, wrapped, '2000-01-01', '2000-01-02'
         FROM signing_keys WHERE tenant_id = $1`,
        [tenantId, bytes],
      )
      const text = formatCheckpoint(head)
      const id = keyId(nodeCrypto.sha256, head.origin, bytes)
      const note = formatNote(text, [signatureLine(head.origin, id, sign(null, Buffer.from(text), privateKey))])
      await server.sql('UPDATE audit_logs SET checkpoint = $2 WHERE tenant_id = $1', [tenantId, note])
      return { first: [0, 512], code: 'CHECKPOINT_INVALID' }
    },
    async undo({ server }) {
      await server.keystoreSql(`DELETE FROM signing_keys WHERE created_at = '2000-01-01'`)
    },
  },
]

async function dropTail(
  server: Logs['server'],
  tenantId: string,
  { size, root, checkpoint }: Logs['oldHead'],
): Promise<void> {
  const dropped = ['audit_bundles:first_seq', 'audit_event_ids:seq', 'audit_sealed_parts:seq']
  for (const one of dropped) {
    const [table, column] = one.split(':')
    await server.sql(`DELETE FROM ${table} WHERE tenant_id = $1 AND ${column} >= $2`, [tenantId, size])
  }
  await server.sql('UPDATE audit_logs SET size = $2, root = $3, checkpoint = $4 WHERE tenant_id = $1', [
    tenantId,
    size,
    root,
    checkpoint,
  ])
}
