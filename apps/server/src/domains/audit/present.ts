import type { AuditEvent, InvalidEntry, Verification } from '@probity/contract'
import { encodeHex, type Json } from '@probity/core'
import { microsecondsToText } from '../../platform/clock.ts'
import type { JsonObject } from './formats/observed-event.ts'
import { restore } from './formats/redact.ts'
import { type Entry, isOwn, type OpenedPart } from './reader.ts'
import type { ListedVerification } from './store.ts'

/** An entry as the API shows it, with those of its sealed parts that were opened. */
export function presentEvent(
  entry: Entry,
  checkpoint: string,
  erased: ReadonlySet<number>,
  opened: readonly OpenedPart[],
): AuditEvent {
  const { leaf } = entry
  const parts = leaf.sealed.map((sealed, i): AuditEvent['sealed'][number] => {
    const part = opened.find((one) => one.part === i)
    if (part && isOwn(leaf.tenant_id, part.subjects)) return { subjects: [...sealed.subjects], state: part.state }
    if (part)
      return { subjects: [...sealed.subjects], state: part.state, ...(part.members ? { members: part.members } : {}) }
    return { subjects: [...sealed.subjects], state: erased.has(i) ? 'erased' : 'sealed' }
  })
  const members = Object.assign({}, ...opened.map((part) => part.members ?? {})) as JsonObject
  const whole = restore(leafFields(entry), Object.keys(members).length > 0 ? [members] : [])
  const data = asObject(whole.data)
  return {
    id: leaf.event_id,
    index: entry.index,
    timestamp: microsecondsToText(leaf.occurred_at),
    received_at: microsecondsToText(leaf.received_at),
    event_type: whole.event_type,
    user_id: leaf.actor?.id ?? null,
    actor_type: leaf.actor?.type ?? null,
    session_id: whole.session,
    tenant_id: leaf.tenant_id,
    resource: whole.resource,
    action: whole.action,
    outcome: leaf.outcome,
    risk_score: leaf.risk_score,
    ip_address: firstMember(members, /(^|[/_])(ip|ip_?address|source_?ip_?address|actor_ip|source_?ips?)(\/0)?$/i),
    user_agent: firstMember(members, /user_?agent$|rawUserAgent$/i),
    metadata: asObject(data.metadata),
    event_data: 'event_data' in data ? asObject(data.event_data) : data,
    sealed: parts,
    cryptographic_hash: encodeHex(entry.hash),
    digital_signature: checkpoint,
  }
}

function leafFields({ leaf }: Entry) {
  const { event_type, actor, session, resource, action, outcome, risk_score, data } = leaf
  return { event_type, actor, session, resource, action, outcome, risk_score, data }
}

function firstMember(members: JsonObject, pointer: RegExp): string | null {
  const found = Object.entries(members).find(([key, value]) => pointer.test(key) && typeof value === 'string')
  return found ? (found[1] as string) : null
}

function asObject(value: Json | undefined): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}
}

export function presentVerification(row: ListedVerification): Verification {
  return {
    id: row.id,
    valid: row.integrity_valid,
    start_position: row.start_sequence,
    end_position: row.end_sequence,
    verification_timestamp: row.verification_timestamp.toISOString(),
    invalid_entries: row.invalid_entries as InvalidEntry[], // as they were written here
    verification_signature: row.verification_signature,
    verifier_id: row.verifier_id,
  }
}
