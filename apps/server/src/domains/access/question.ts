import type { NamedEntity } from '@probity/contract'
import { refusedField } from '../../platform/errors.ts'
import { Failure } from './cedar/failure.ts'
import { readIp } from './cedar/ip-address.ts'
import { type JsonValue, readRecord } from './cedar/json-value.ts'
import type { Entity, Request } from './cedar/request.ts'
import { type CedarRecord, EntityReference, Extension, IpAddress, type Value } from './cedar/value.ts'
import { ACTION, calledAsOurs, GROUP, ROLE } from './kinds.ts'
import type { KnownEntities } from './known-entities.ts'
import type { Model } from './model.ts'
import { covers, type Extent } from './rules.ts'
import { type Counting, countingOf } from './separation.ts'
import { localTime } from './zones.ts'

/** What is asked of somebody, as it came: JSON, so that it can be asked again. */
export interface AskedQuestion {
  resource: NamedEntity
  action: string
  resource_attributes: Readonly<Record<string, unknown>>
  action_attributes?: Readonly<Record<string, unknown>>
  context: Readonly<Record<string, unknown>>
  /** Only these of the roles that are held; missing: all. */
  active_roles?: readonly string[] | undefined
}

/** The same, read. */
export interface Question {
  asked: AskedQuestion
  resource: EntityReference
  attributes: CedarRecord
  actionAttributes: CedarRecord
  context: CedarRecord
}

/** Who it is about: an account, or an entity of the application. */
export interface Subject {
  reference: EntityReference
  isAccount: boolean
  attributes: CedarRecord
}

/** What the answer rests on. */
export interface State {
  tenantId: string
  subject: Subject
  model: Model
  held: readonly (Extent & { role_id: string; expires_at: Date | null })[]
  groups: readonly string[]
  /** What the context says of the time, by the server's clock. */
  time: CedarRecord
  known: KnownEntities
}

const NOTHING: CedarRecord = new Map()

/** Throws VALIDATION_FAILED for attributes and context that are none. */
export function readQuestion(asked: AskedQuestion, pointer: string): Question {
  if (asked.resource.type === ACTION) throw refusedField(`${pointer}/resource`, 'is an action; ask it of a resource')
  const { type, id } = calledAsOurs(asked.resource)
  return {
    asked,
    resource: new EntityReference(type, id),
    attributes: recordIn(asked.resource_attributes, `${pointer}/resource_attributes`),
    actionAttributes: asked.action_attributes
      ? recordIn(asked.action_attributes, `${pointer}/action_attributes`)
      : NOTHING,
    context: contextIn(asked.context, pointer),
  }
}

/** An address may be told as the text that it is. */
function contextIn(json: unknown, pointer: string): CedarRecord {
  const context = recordIn(json, `${pointer}/context`)
  const ip = context.get('ip')
  if (ip === undefined || ip instanceof IpAddress) return context
  if (typeof ip !== 'string') throw refusedField(`${pointer}/context/ip`, 'is an address as text, such as "192.0.2.7"')
  const address = readAddress(ip)
  if (address === null) throw refusedField(`${pointer}/context/ip`, 'is no address such as 192.0.2.7')
  return new Map(context).set('ip', address)
}

/** An address as a socket tells it, also that of IPv4 where it takes both; null: it is none. */
export function readAddress(text: string): IpAddress | null {
  return readIp(text.replace(/^::ffff:(?=\d+\.)/i, ''))
}

/** Attributes by name. Throws VALIDATION_FAILED for values that Cedar has none of. */
export function recordIn(json: unknown, pointer: string): CedarRecord {
  try {
    return readRecord(json as JsonValue, 0, calledAsOurs) // of a body of JSON
  } catch (failure) {
    if (failure instanceof Failure) throw refusedField(pointer, failure.message)
    throw failure
  }
}

/** What the context says of a time. */
export function timeIn(at: Date, { zones }: Model): CedarRecord {
  const local = zones.map((zone) => [zone, new Map(Object.entries(localTime(at, zone)))] as const)
  return new Map<string, Value>([
    ['now', new Extension('datetime', at.getTime())],
    ['local', new Map(local)],
  ])
}

/** What the engine is asked, and the roles that count in it. */
export interface Asking {
  request: Request
  /** The same of who has all their roles, where some were left out: what forbids looks at that. */
  whole: Request
  counting: Counting
}

/** What the engine is asked. What the server knows of itself stands over what an application tells. */
export function ask(state: State, question: Question, counting: Counting = countingHere(state, question)): Asking {
  const { known, subject } = state
  const who = subject.reference
  const what = question.resource
  // What is said of them as a resource would be lost, or they would say it of themselves.
  if (what.key === who.key && question.attributes.size > 0)
    throw refusedField('/resource_attributes', 'says something of who is asked about; tell it as an entity, or not')
  const action = new EntityReference(ACTION, question.asked.action)
  const resource = {
    attributes: merged(known.attributesOf(what), question.attributes),
    ...{ tags: NOTHING, ancestors: known.ancestorsOf(what) },
  }
  const own = new Map<string, Entity>([
    [action.key, { attributes: question.actionAttributes, tags: NOTHING, ancestors: new Set() }],
    [what.key, resource],
    [who.key, principalOf(state, counting)], // last: nobody describes themselves as a resource
  ])
  const entities = { find: (key: string) => own.get(key) ?? known.find(key) }
  const context = merged(question.context, state.time)
  const request = { principal: who, action, resource: what, context, entities }
  return { request, whole: question.asked.active_roles ? wholeOf(state, question, request) : request, counting }
}

/** Nobody takes away what forbids them something by leaving a role out. */
function wholeOf(state: State, question: Question, request: Request): Request {
  const { active_roles: _, ...asked } = question.asked
  const principal = principalOf(state, countingHere(state, { ...question, asked }))
  const find = (key: string) => (key === request.principal.key ? principal : request.entities.find(key))
  return { ...request, entities: { find } }
}

function principalOf({ tenantId, subject, known, groups }: State, counting: Counting): Entity {
  const { reference, isAccount, attributes } = subject
  const told = merged(known.attributesOf(reference), attributes)
  if (!isAccount) return { attributes: told, tags: NOTHING, ancestors: known.ancestorsOf(reference) }
  const own = [
    ...[...counting.roles].map((id) => new EntityReference(ROLE, id)),
    ...groups.map((id) => new EntityReference(GROUP, id)),
  ]
  return {
    attributes: new Map<string, Value>([...told, ['id', reference.id], ['tenant_id', tenantId]]),
    tags: NOTHING,
    ancestors: new Set([...known.ancestorsOf(reference), ...own.map(({ key }) => key)]),
  }
}

/** Roles that count on a resource: by what was given on it, and on what it is in. */
function countingHere({ model, held, known }: State, { resource, asked }: Question): Counting {
  const of = { resource_type: resource.type, resource_id: resource.id }
  const here = held.filter((one) => covers(one, of) || known.isWithin(resource, one))
  const rolesOf = (all: readonly { role_id: string }[]) => all.map(({ role_id }) => role_id)
  return countingOf(model, { held: rolesOf(held), here: rolesOf(here), active: asked.active_roles })
}

function merged(one: CedarRecord, over: CedarRecord): CedarRecord {
  return over.size === 0 ? one : one.size === 0 ? over : new Map([...one, ...over])
}
