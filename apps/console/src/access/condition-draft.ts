import type { AccessCondition, Permission } from '@probity/contract'

export const KINDS = [
  'owner',
  'tenant_member',
  'attribute',
  'factor',
  'risk',
  'network',
  'time_window',
  'cedar',
] as const
export type Kind = (typeof KINDS)[number]
export type WrittenKind = Exclude<Kind, 'owner' | 'tenant_member'>

/** A condition that is being written: what stands in its fields. */
export interface Draft {
  kind: WrittenKind
  first: string
  second: string
}
/** What is wrong with a draft; `part` is what it names, such as the network that is none. */
export interface DraftFault {
  field: 'first' | 'second'
  reason: 'missing' | Exclude<WrittenKind, 'cedar'> | 'zone'
  part: string
}
/** A permission on the page of a role, with the condition that is being written for it. */
export interface EditedPermission {
  permission: Permission
  draft: Draft | null
}

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/
const ATTRIBUTE = /^(principal|resource|context)(\.[A-Za-z_]\w*)+$/
const OCTET = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/

/** What is wrong with what was written so far; null: it can be taken. Expressions of Cedar the server reads. */
export function faultOf({ kind, first, second }: Draft): DraftFault | null {
  const fault = (field: DraftFault['field'], reason: DraftFault['reason'], part: string) => ({ field, reason, part })
  const given = first.trim()
  if (given === '') return fault('first', 'missing', '')
  switch (kind) {
    case 'network': {
      const wrong = networksOf(given).find((one) => !isNetwork(one))
      return wrong === undefined ? null : fault('first', 'network', wrong)
    }
    case 'attribute':
      if (!ATTRIBUTE.test(given)) return fault('first', 'attribute', given)
      return second.trim() === '' ? fault('second', 'missing', '') : null
    case 'time_window':
      if (!timesOf(given).every((one) => CLOCK.test(one))) return fault('first', 'time_window', given)
      return isZone(zoneOf(second)) ? null : fault('second', 'zone', second.trim())
    case 'factor':
      return Number.isInteger(Number(given)) && Number(given) > 0 ? null : fault('first', 'factor', given)
    case 'risk':
      return Number.isInteger(Number(given)) && Number(given) <= 100 ? null : fault('first', 'risk', given)
    case 'cedar':
      return null
  }
}

/** A draft without a fault as the API takes it. */
function conditionOf({ kind, first, second }: Draft): AccessCondition {
  const given = first.trim()
  switch (kind) {
    case 'attribute':
      return { type: 'attribute', attribute: given, operator: 'equals', value: scalarOf(second.trim()) }
    case 'factor':
      return { type: 'factor', max_age_seconds: Number(given) }
    case 'risk':
      return { type: 'risk', at_most: Number(given) }
    case 'network':
      return { type: 'network', networks: networksOf(given) }
    case 'time_window': {
      const [from, to] = timesOf(given)
      return { type: 'time_window', days: EVERY_DAY, from, to, zone: zoneOf(second) }
    }
    case 'cedar':
      return { type: 'cedar', expression: given }
  }
}

/** The permission with what is being written for it, where that is without a fault. */
export function takenOf({ permission, draft }: EditedPermission): Permission {
  if (draft === null || faultOf(draft) !== null) return permission
  return { ...permission, conditions: [...permission.conditions, conditionOf(draft)] }
}

/** The same, with nothing being written any more; what has a fault stays as it is. */
export function settled(edited: EditedPermission): EditedPermission {
  if (edited.draft === null || faultOf(edited.draft) !== null) return edited
  return { permission: takenOf(edited), draft: null }
}

function networksOf(given: string): string[] {
  return given.split(/[\s,]+/).filter((one) => one !== '')
}

/** An address or a range, by version 4 or 6, as the contract has them. */
function isNetwork(given: string): boolean {
  const [address = '', bits, ...rest] = given.split('/')
  const isOld = !address.includes(':')
  if (rest.length > 0 || !(isOld ? isAddress4(address) : isAddress6(address))) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isOld ? 32 : 128))
}

function isAddress4(address: string): boolean {
  const octets = address.split('.')
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet))
}

function isAddress6(address: string): boolean {
  return /^[\da-f:]+$/i.test(address) && URL.canParse(`http://[${address}]/`)
}

function timesOf(given: string): [from: string, to: string] {
  const [from = '', to = ''] = given.split(/\s*[-–]\s*/)
  return [from, to]
}

function zoneOf(given: string): string {
  return given.trim() === '' ? 'UTC' : given.trim()
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

function scalarOf(given: string): string | number | boolean {
  if (given === 'true' || given === 'false') return given === 'true'
  return /^-?\d{1,15}$/.test(given) ? Number(given) : given
}
