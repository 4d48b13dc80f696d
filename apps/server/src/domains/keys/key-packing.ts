import { concat } from '@probity/core'
import { type DataKey, fieldKey } from './data-key.ts'

const LENGTH = 32

/** Opened data keys on their way to a thread of this process: bytes of their own, so that no other memory goes along. */
export interface PackedKeys {
  ids: string[]
  subjects: string[]
  epochs: number[]
  /** 32 bytes each. */
  keys: Uint8Array
  /** Derived keys of the fields asked for, so that they are derived once a person and not once a batch. */
  fields: { info: string; keys: Uint8Array }[]
}

export function packKeys(keys: readonly DataKey[], fields: readonly { table: string; column: string }[]): PackedKeys {
  for (const key of keys) for (const field of fields) fieldKey(key, field)
  const infos = [...(keys[0]?.fields.keys() ?? [])].filter((info) => keys.every((key) => key.fields.has(info)))
  return {
    ids: keys.map((key) => key.id),
    subjects: keys.map((key) => key.subject),
    epochs: keys.map((key) => key.epoch),
    keys: concat(keys.map((key) => key.key)),
    fields: infos.map((info) => ({ info, keys: concat(keys.map((key) => key.fields.get(info) as Buffer)) })),
  }
}

export function unpackKeys({ ids, subjects, epochs, keys, fields }: PackedKeys): DataKey[] {
  return ids.map((id, i) => ({
    id,
    subject: subjects[i] as string,
    epoch: epochs[i] as number,
    key: at(keys, i),
    fields: new Map(fields.map((field) => [field.info, at(field.keys, i)])),
  }))
}

function at(keys: Uint8Array, i: number): Buffer {
  return Buffer.from(keys.buffer, keys.byteOffset + i * LENGTH, LENGTH)
}
