import type pg from 'pg'

/**
 * The schema `public` as text, from the catalogues: the same for every installation and for PostgreSQL 15 to 18.
 * Partitions are left out, since which months exist depends on the day; so are the owner's own grants.
 */
export async function dumpSchema(client: pg.ClientBase): Promise<string> {
  const read = async (text: string) => (await client.query<Line>(text)).rows
  await client.query(`SET search_path = public`)
  const tables = await read(TABLES)
  const parts = { columns: await read(COLUMNS), constraints: await read(CONSTRAINTS), indexes: await read(INDEXES) }
  const rights = { triggers: await read(TRIGGERS), policies: await read(POLICIES), grants: await read(GRANTS) }
  const sections = tables.map(({ owner, line }) => {
    const of = (lines: readonly Line[]) => lines.filter((one) => one.owner === owner).map((one) => one.line)
    const body = [...of(parts.columns), ...of(parts.constraints)].map((one) => `  ${one}`)
    return [line, ...body, ...of(parts.indexes), ...Object.values(rights).flatMap(of)].join('\n')
  })
  const functions = (await read(FUNCTIONS)).map(({ line }) => line)
  return `${[HEADER, ...sections, ...functions].join('\n\n')}\n`
}

interface Line {
  owner: string
  line: string
}

const HEADER = '-- Written by scripts/schema.ts from a migrated database; a test compares the two. Do not edit.'

const OURS = `c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')`

const TABLES = `
  SELECT c.relname AS owner,
    CASE c.relkind WHEN 'v' THEN 'VIEW ' WHEN 'm' THEN 'MATERIALIZED VIEW ' WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || c.relname
    || CASE WHEN c.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) ELSE '' END
    || CASE WHEN c.relrowsecurity THEN ' ROW LEVEL SECURITY ENABLED' ELSE '' END
    || CASE WHEN c.relforcerowsecurity THEN ' FORCED' ELSE '' END
    || coalesce(' -- ' || obj_description(c.oid, 'pg_class'), '')
    || CASE WHEN c.relkind IN ('v', 'm') THEN E'\\n' || pg_get_viewdef(c.oid) ELSE '' END AS line
  FROM pg_class c WHERE ${OURS} ORDER BY c.relname COLLATE "C"`

const COLUMNS = `
  SELECT c.relname AS owner, a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
    || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
    || CASE a.attstorage WHEN t.typstorage THEN '' ELSE ' STORAGE ' || a.attstorage::text END
    || coalesce(' -- ' || col_description(c.oid, a.attnum), '') AS line
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE ${OURS} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

// PostgreSQL 18 lists NOT NULL as a constraint (contype n); here it stands with its column.
const CONSTRAINTS = `
  SELECT c.relname AS owner, 'CONSTRAINT ' || k.conname || ' ' || pg_get_constraintdef(k.oid) AS line
  FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid
  WHERE ${OURS} AND k.contype IN ('p', 'u', 'c', 'f', 'x')
  ORDER BY position(k.contype::text IN 'pucfx'), k.conname COLLATE "C"`

const INDEXES = `
  SELECT c.relname AS owner, pg_get_indexdef(i.indexrelid, 0, true) AS line
  FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid
  WHERE ${OURS} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
  ORDER BY x.relname COLLATE "C"`

const POLICIES = `
  SELECT c.relname AS owner, 'POLICY ' || p.polname || CASE WHEN p.polpermissive THEN '' ELSE ' RESTRICTIVE' END
    || ' FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END
    || ' TO ' || coalesce((SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname COLLATE "C") FROM pg_roles r WHERE r.oid = ANY (p.polroles)), 'PUBLIC')
    || coalesce(' USING (' || regexp_replace(pg_get_expr(p.polqual, p.polrelid, true), '\\s+', ' ', 'g') || ')', '')
    || coalesce(' WITH CHECK (' || regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid, true), '\\s+', ' ', 'g') || ')', '') AS line
  FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid WHERE ${OURS} ORDER BY p.polname COLLATE "C"`

const TRIGGERS = `
  SELECT c.relname AS owner, pg_get_triggerdef(g.oid, true) AS line
  FROM pg_class c JOIN pg_trigger g ON g.tgrelid = c.oid
  WHERE ${OURS} AND NOT g.tgisinternal ORDER BY g.tgname COLLATE "C"`

const GRANTS = `
  SELECT owner, 'GRANT ' || string_agg(privilege, ', ' ORDER BY privilege COLLATE "C") || ' TO ' || grantee AS line
  FROM (
    SELECT c.relname AS owner, a.privilege_type AS privilege, coalesce(r.rolname, 'PUBLIC') AS grantee
    FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE ${OURS} AND a.grantee <> c.relowner
    UNION ALL
    SELECT c.relname, a.privilege_type || ' (' || t.attname || ')', coalesce(r.rolname, 'PUBLIC')
    FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid
    CROSS JOIN LATERAL aclexplode(t.attacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE ${OURS} AND a.grantee <> c.relowner
  ) granted GROUP BY owner, grantee ORDER BY grantee COLLATE "C"`

const FUNCTIONS = `
  SELECT p.proname AS owner, 'FUNCTION ' || p.proname || '(' || pg_get_function_arguments(p.oid) || ') RETURNS '
    || pg_get_function_result(p.oid) || CASE WHEN p.prosecdef THEN ' SECURITY DEFINER' ELSE '' END
    || coalesce(' SET ' || array_to_string(p.proconfig, ', '), '')
    || coalesce(' -- ' || obj_description(p.oid, 'pg_proc'), '') || E'\\n' || btrim(p.prosrc, E' \\n')
    || coalesce(E'\\n' || (SELECT string_agg('GRANT ' || a.privilege_type || ' TO ' || coalesce(r.rolname, 'PUBLIC'), E'\\n'
         ORDER BY r.rolname COLLATE "C") FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
         LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> p.proowner), '') AS line
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
  ORDER BY p.proname COLLATE "C", pg_get_function_identity_arguments(p.oid) COLLATE "C"`
