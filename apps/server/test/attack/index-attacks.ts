import { type Attack, bySql } from './expectation.ts'
import { flipBit } from './tamper.ts'

const MIDDLE = 300

const COLUMNS: Record<string, string> = {
  actor: 'gen_random_uuid()::text',
  session_id: `'another'`,
  resource: `'another'`,
  action: `'another'`,
  outcome: `CASE outcome WHEN 'Success' THEN 'Failure' ELSE 'Success' END`,
  risk_score: '(risk_score + 1) % 100',
  event_type: `event_type || 'x'`,
  occurred_at: `occurred_at - interval '1 microsecond'`,
}

const copyOf = (received: string, seq: string) => `INSERT INTO audit_entries
  SELECT tenant_id, ${received}, ${seq}, occurred_at, event_type, actor, session_id, resource, action, outcome, risk_score
  FROM audit_entries WHERE tenant_id = $1 AND seq = ${MIDDLE};`

const LAST_YEAR = `SELECT audit_ensure_partition(now() - interval '1 year');`

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
  ...Object.entries(COLUMNS).map(([column, value]) =>
    bySql(
      `${column} of an index row changed`,
      `UPDATE audit_entries SET ${column} = ${value} WHERE tenant_id = $1 AND seq = ${MIDDLE}`,
      () => ({ first: MIDDLE, code: 'INDEX_ROW_CHANGED' }),
    ),
  ),
  bySql('an index row deleted', `DELETE FROM audit_entries WHERE tenant_id = $1 AND seq = ${MIDDLE}`, () => ({
    first: MIDDLE,
    code: 'INDEX_ROW_MISSING',
  })),
  bySql(
    'an index row added beyond the head',
    ({ size }) => copyOf('received_at', String(size + 7)),
    ({ size }) => ({ first: [size, size + 8], code: 'INDEX_ROW_EXTRA' }),
  ),
  bySql('an index row doubled', copyOf(`received_at + interval '1 microsecond'`, 'seq'), () => ({
    first: MIDDLE,
    code: 'INDEX_ROW_DOUBLED',
  })),
  bySql('an index row doubled in another month', LAST_YEAR + copyOf(`received_at - interval '1 year'`, 'seq'), () => ({
    first: MIDDLE,
  })),
  bySql(
    'an index row moved to another time',
    `UPDATE audit_entries SET received_at = received_at + interval '1 microsecond' WHERE tenant_id = $1 AND seq = ${MIDDLE}`,
    () => ({ first: MIDDLE }),
  ),
  bySql(
    'an index row moved to another month',
    `${LAST_YEAR} UPDATE audit_entries SET received_at = received_at - interval '1 year' WHERE tenant_id = $1 AND seq = ${MIDDLE}`,
    () => ({ first: MIDDLE, code: 'INDEX_ROW_MISSING' }),
  ),
  bySql(
    'an index row moved to another index',
    ({ size }) => `UPDATE audit_entries SET seq = ${size + 3} WHERE tenant_id = $1 AND seq = ${MIDDLE}`,
    () => ({ first: MIDDLE, code: 'INDEX_ROW_MISSING' }),
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
