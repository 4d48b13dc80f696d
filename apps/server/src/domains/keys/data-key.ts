import { deriveKey } from './ciphers.ts'

/** An opened data key. Lives in memory only; `fields` holds what was derived from it. */
export interface DataKey {
  id: string
  subject: string
  epoch: number
  key: Buffer
  fields: Map<string, Buffer>
}

/** Key of one field (docs/formats.md §8). */
export function fieldKey(key: DataKey, field: { table: string; column: string }): Buffer {
  const info = infoOf(field)
  let derived = key.fields.get(info)
  if (!derived) {
    derived = deriveKey(key.key, info)
    key.fields.set(info, derived)
  }
  return derived
}

const infos = new Map<string, Map<string, string>>()

// The same few, several times an entry.
function infoOf({ table, column }: { table: string; column: string }): string {
  const known = infos.get(table)?.get(column)
  if (known !== undefined) return known
  const info = `probity/field/${table}/${column}`
  infos.set(table, (infos.get(table) ?? new Map<string, string>()).set(column, info))
  return info
}

/** The key of a part that belongs to several people: gone with any of theirs. Keys ascend by pseudonym. */
export function jointKey(keys: readonly DataKey[]): DataKey {
  const [first] = keys
  if (!first) throw new Error('a part belongs to somebody')
  if (keys.length === 1) return first
  const key = deriveKey(Buffer.concat(keys.map((one) => one.key)), 'probity/joint')
  return { id: first.id, subject: keys.map((one) => one.subject).join(','), epoch: first.epoch, key, fields: new Map() }
}
