import { type Attack, bySql } from './expectation.ts'
import { bundleAt, changeLeaf, flipBit, leavesOf, rewriteBundle } from './tamper.ts'

const MIDDLE = 300
const BUNDLE: [number, number] = [256, 512]

/** Attacks on leaves and bundles. */
export const entryAttacks: Attack[] = [
  {
    name: 'one bit of a bundle flipped',
    async run({ server, tenantId }) {
      const row = await bundleAt(server, tenantId, MIDDLE)
      await server.sql('UPDATE audit_bundles SET body = $3 WHERE tenant_id = $1 AND first_seq = $2', [
        tenantId,
        row.first_seq,
        flipBit(row.body),
      ])
      return { first: BUNDLE }
    },
  },
  {
    name: 'one bit of the hashes beside a bundle flipped',
    async run({ server, tenantId }) {
      const row = await bundleAt(server, tenantId, MIDDLE)
      const hashes = flipBit(row.hashes, (MIDDLE - row.first_seq) * 32)
      await server.sql('UPDATE audit_bundles SET hashes = $3 WHERE tenant_id = $1 AND first_seq = $2', [
        tenantId,
        row.first_seq,
        hashes,
      ])
      return { first: MIDDLE, code: 'LEAF_CHANGED' }
    },
  },
  {
    name: 'a field of an entry changed',
    async run({ server, tenantId }) {
      await changeLeaf(server, tenantId, MIDDLE, (leaf) => ({ ...leaf, data: { changed: true } }))
      return { first: MIDDLE, code: 'LEAF_CHANGED' }
    },
  },
  {
    name: 'a field of an entry changed, with its leaf hash',
    async run({ server, tenantId }) {
      await changeLeaf(server, tenantId, MIDDLE, (leaf) => ({ ...leaf, data: { changed: true } }), true)
      return { first: BUNDLE }
    },
  },
  {
    name: 'the outcome of an entry changed, with its leaf hash',
    async run({ server, tenantId }) {
      const other = (leaf: { outcome?: unknown }) => (leaf.outcome === 'Success' ? 'Failure' : 'Success')
      await changeLeaf(server, tenantId, MIDDLE, (leaf) => ({ ...leaf, outcome: other(leaf) }), true)
      return { first: BUNDLE }
    },
  },
  {
    name: 'an entry of the open bundle changed, with its leaf hash',
    async run({ server, tenantId, fragments }) {
      const index = fragments[1] as number
      await changeLeaf(server, tenantId, index, (leaf) => ({ ...leaf, data: { changed: true } }), true)
      return { first: [512, index + 1] }
    },
  },
  {
    name: 'two entries swapped',
    async run({ server, tenantId }) {
      const row = await bundleAt(server, tenantId, MIDDLE)
      const leaves = leavesOf(row)
      swap(leaves, MIDDLE - row.first_seq, MIDDLE - row.first_seq + 1)
      await rewriteBundle(server, row, leaves, false)
      return { first: MIDDLE, code: 'LEAF_CHANGED' }
    },
  },
  {
    name: 'two entries swapped, with their leaf hashes',
    async run({ server, tenantId }) {
      const row = await bundleAt(server, tenantId, MIDDLE)
      const leaves = leavesOf(row)
      swap(leaves, MIDDLE - row.first_seq, MIDDLE - row.first_seq + 1)
      await rewriteBundle(server, row, leaves, true)
      return { first: MIDDLE }
    },
  },
  ...['occurred_at', 'received_at'].flatMap((column) =>
    [false, true].map((rehash) => ({
      name: `${column} of an entry changed${rehash ? ', with its leaf hash' : ''}`,
      async run({ server, tenantId }: Parameters<Attack['run']>[0]) {
        await changeLeaf(
          server,
          tenantId,
          MIDDLE,
          (leaf) => ({ ...leaf, [column]: (leaf[column] as number) - 1_000_000 }),
          rehash,
        )
        return { first: rehash && column === 'occurred_at' ? BUNDLE : MIDDLE }
      },
    })),
  ),
  {
    name: 'an entry that is no leaf',
    async run({ server, tenantId }) {
      await changeLeaf(server, tenantId, MIDDLE, (leaf) => ({ ...leaf, extra: 1 }))
      return { first: MIDDLE, code: 'LEAF_INVALID' }
    },
  },
  {
    name: 'an entry under an id of its own that is no leaf',
    async run({ server, tenantId }) {
      const [row] = await server.sql<{ seq: number }>(
        'SELECT min(seq)::int AS seq FROM audit_event_ids WHERE tenant_id = $1 AND seq >= $2',
        [tenantId, MIDDLE],
      )
      const index = row?.seq ?? 0
      await changeLeaf(server, tenantId, index, (leaf) => ({ ...leaf, extra: 1 }))
      return { first: index, code: 'LEAF_INVALID' }
    },
  },
  bySql(
    'the last fragment dropped',
    ({ fragments }) => `DELETE FROM audit_bundles WHERE tenant_id = $1 AND first_seq = ${fragments.at(-1)}`,
    ({ fragments }) => ({ first: fragments.at(-1) as number, code: 'ENTRIES_MISSING' }),
  ),
  bySql(
    'a fragment in the middle dropped',
    ({ fragments }) => `DELETE FROM audit_bundles WHERE tenant_id = $1 AND first_seq = ${fragments[1]}`,
    ({ fragments }) => ({ first: fragments[1] as number, code: 'ENTRIES_MISSING' }),
  ),
  bySql('a full bundle dropped', 'DELETE FROM audit_bundles WHERE tenant_id = $1 AND first_seq = 256', () => ({
    first: 256,
    code: 'ENTRIES_MISSING',
  })),
  bySql('the first bundle dropped', 'DELETE FROM audit_bundles WHERE tenant_id = $1 AND first_seq = 0', () => ({
    first: 0,
    code: 'ENTRIES_MISSING',
  })),
  bySql(
    'a bundle replaced with that of another tenant',
    ({ other }) => `UPDATE audit_bundles a SET body = b.body, hashes = b.hashes FROM audit_bundles b
      WHERE a.tenant_id = $1 AND a.first_seq = 256 AND b.tenant_id = '${other.tenantId}' AND b.first_seq = 256`,
    () => ({ first: 256, code: 'TENANT_MISMATCH' }),
  ),
  bySql(
    'bundles of two tenants swapped',
    ({ other }) => `UPDATE audit_bundles a SET body = b.body, hashes = b.hashes FROM audit_bundles b
      WHERE a.first_seq = 256 AND b.first_seq = 256 AND a.tenant_id IN ($1, '${other.tenantId}')
        AND b.tenant_id IN ($1, '${other.tenantId}') AND a.tenant_id <> b.tenant_id`,
    () => ({ first: 256, code: 'TENANT_MISMATCH', others: true }),
  ),
  bySql(
    'two bundles of one log swapped',
    `UPDATE audit_bundles a SET body = b.body, hashes = b.hashes FROM audit_bundles b
     WHERE a.tenant_id = $1 AND b.tenant_id = $1 AND a.first_seq + b.first_seq = 256 AND a.first_seq <> b.first_seq
       AND a.first_seq IN (0, 256) AND b.first_seq IN (0, 256)`,
    () => ({ first: [0, 256] }),
  ),
  bySql(
    'the count of a bundle lowered',
    'UPDATE audit_bundles SET entries = 255 WHERE tenant_id = $1 AND first_seq = 256',
    () => ({
      first: 256,
    }),
  ),
  bySql(
    'the count of a fragment raised',
    ({ fragments }) =>
      `UPDATE audit_bundles SET entries = entries + 1 WHERE tenant_id = $1 AND first_seq = ${fragments[1]}`,
    ({ fragments }) => ({ first: fragments[1] as number }),
  ),
  {
    name: 'an entry stored twice',
    async run({ server, tenantId }) {
      const row = await bundleAt(server, tenantId, MIDDLE)
      const leaf = leavesOf(row)[MIDDLE - row.first_seq] as Uint8Array
      await server.sql(
        `INSERT INTO audit_bundles (tenant_id, first_seq, entries, body, hashes)
         SELECT tenant_id, $2, 1, body, substr(hashes, 1, 32) FROM audit_bundles WHERE tenant_id = $1 AND first_seq = 256`,
        [tenantId, MIDDLE],
      )
      await rewriteBundle(server, { ...row, first_seq: MIDDLE, entries: 1 }, [leaf], true)
      return { first: MIDDLE, code: 'ENTRY_DOUBLED' }
    },
  },
  bySql(
    'entries added beyond the head',
    ({ size }) => `INSERT INTO audit_bundles SELECT tenant_id, ${size}, entries, body, hashes FROM audit_bundles
      WHERE tenant_id = $1 AND first_seq = 0`,
    ({ size }) => ({ first: size, code: 'ENTRIES_BEYOND_HEAD' }),
  ),
]

function swap(items: Uint8Array[], i: number, j: number): void {
  const [a, b] = [items[i] as Uint8Array, items[j] as Uint8Array]
  items[i] = b
  items[j] = a
}
