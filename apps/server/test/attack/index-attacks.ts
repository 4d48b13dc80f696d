import { type Attack, bySql } from './expectation.ts'
import { bundleAt, flipBit } from './tamper.ts'

const MIDDLE = 300

/** The bundle that holds the entry MIDDLE. */
const THE_BUNDLE = `tenant_id = $1 AND first_seq <= ${MIDDLE} AND first_seq + entries > ${MIDDLE}`

/** Ways to hide the entries of a bundle from searches, or to show them where they are not looked for. */
const SUMMARIES: Record<string, string> = {
  received_from: `received_from = received_from + interval '1 microsecond'`,
  received_to: `received_to = received_to - interval '1 microsecond'`,
  'received_from to the end of time': `received_from = 'infinity'`,
  'received_to to a far year': `received_to = '9000-01-01Z'`,
  max_risk: 'max_risk = max_risk - 1',
  'max_risk to none': 'max_risk = NULL',
  'one bit of terms': 'terms = set_bit(terms, 77, 1 - get_bit(terms, 77))',
  'terms emptied': `terms = decode(repeat('00', length(terms)), 'hex')`,
  'terms cut': 'terms = substr(terms, 1, 16)',
  'terms to none': 'terms = NULL',
}

/** The first entry from MIDDLE on that has a sealed part. */
const SEALED = `(SELECT min(seq) FROM audit_sealed_parts WHERE tenant_id = $1 AND seq >= ${MIDDLE})`
const NEXT_SEALED = `(SELECT min(seq) FROM audit_sealed_parts WHERE tenant_id = $1 AND seq > ${SEALED})`

/** An attack on the sealed parts of the first entry from MIDDLE on that has one. */
function onPart(name: string, text: string, code?: string): Attack {
  return {
    name,
    async run({ server, tenantId }) {
      const fill = (statement: string) => statement.replaceAll('$1', `'${tenantId}'`)
      const [row] = await server.sql<{ seq: number }>(fill(`SELECT ${SEALED}::int AS seq`))
      await server.sql(fill(text))
      return { first: row?.seq ?? -1, ...(code ? { code } : {}) }
    },
  }
}

/** Attacks on the search index and on the sealed parts. */
export const indexAttacks: Attack[] = [
  ...Object.entries(SUMMARIES).map(
    ([name, change]): Attack => ({
      name: `what a bundle is found by changed: ${name}`,
      async run({ server, tenantId }) {
        const { first_seq, entries } = await bundleAt(server, tenantId, MIDDLE)
        await server.sql(`UPDATE audit_bundles SET ${change} WHERE ${THE_BUNDLE}`.replaceAll('$1', `'${tenantId}'`))
        return { first: [first_seq, first_seq + entries], code: 'INDEX_CHANGED' }
      },
    }),
  ),
  bySql(
    'a bundle put before the first entry, where searches could find it',
    `ALTER TABLE audit_bundles DROP CONSTRAINT audit_bundles_first_seq_check;
     INSERT INTO audit_bundles SELECT tenant_id, -500, entries, body, hashes, received_from, received_to, max_risk, terms
     FROM audit_bundles WHERE ${THE_BUNDLE};
     ALTER TABLE audit_bundles ADD CONSTRAINT audit_bundles_first_seq_check CHECK (first_seq >= 0) NOT VALID`,
    ({ size }) => ({ first: size, code: 'ENTRIES_BEYOND_HEAD' }),
  ),
  onPart(
    'a sealed part deleted',
    `DELETE FROM audit_sealed_parts WHERE tenant_id = $1 AND seq = ${SEALED}`,
    'SEALED_PART_MISSING',
  ),
  onPart(
    'sealed parts of two entries swapped',
    `UPDATE audit_sealed_parts a SET envelope = b.envelope FROM audit_sealed_parts b
     WHERE a.tenant_id = $1 AND b.tenant_id = $1 AND a.part = 0 AND b.part = 0 AND a.seq <> b.seq
       AND a.seq IN (${SEALED}, ${NEXT_SEALED}) AND b.seq IN (${SEALED}, ${NEXT_SEALED})`,
    'SEALED_PART_CHANGED',
  ),
  onPart(
    'the subjects of a sealed part changed',
    `UPDATE audit_sealed_parts SET subjects = ARRAY[gen_random_uuid()] WHERE tenant_id = $1 AND seq = ${SEALED}`,
    'SEALED_PART_CHANGED',
  ),
  onPart(
    'the number of a sealed part changed',
    `UPDATE audit_sealed_parts SET part = part + 40 WHERE tenant_id = $1 AND seq = ${SEALED}`,
  ),
  onPart(
    'a sealed part added',
    `INSERT INTO audit_sealed_parts SELECT tenant_id, seq, 41, subjects, envelope FROM audit_sealed_parts
     WHERE tenant_id = $1 AND seq = ${SEALED} AND part = 0`,
    'SEALED_PART_CHANGED',
  ),
  {
    name: 'one bit of a sealed part flipped',
    async run({ server, tenantId }) {
      const [row] = await server.sql<{ seq: number; envelope: Buffer }>(
        'SELECT seq::int, envelope FROM audit_sealed_parts WHERE tenant_id = $1 AND seq >= $2 AND part = 0 ORDER BY seq LIMIT 1',
        [tenantId, MIDDLE],
      )
      await server.sql('UPDATE audit_sealed_parts SET envelope = $3 WHERE tenant_id = $1 AND seq = $2 AND part = 0', [
        tenantId,
        row?.seq,
        flipBit(row?.envelope ?? Buffer.alloc(0)),
      ])
      return { first: row?.seq ?? -1, code: 'SEALED_PART_CHANGED' }
    },
  },
]
