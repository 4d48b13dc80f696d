import fc from 'fast-check'
import type { Name } from './generated.ts'

/** A type of Cedar, as a schema declares it. */
export type Type =
  | { kind: (typeof PLAIN)[number] }
  | { kind: 'entity'; name: string }
  | { kind: 'set'; of: Type }
  | { kind: 'record'; fields: readonly Field[] }

export const PLAIN = ['Bool', 'Long', 'String', 'decimal', 'datetime', 'duration', 'ipaddr'] as const

export interface Field {
  name: string
  type: Type
  isOptional: boolean
}

export interface EntityType {
  name: string
  /** All that there can be; null: any. */
  ids: readonly string[] | null
  fields: readonly Field[]
  tags: Type | null
  memberOf: readonly string[]
}

export interface ActionType {
  uid: Name
  groups: readonly Name[]
  /** None: it is a group alone. */
  principals: readonly string[]
  resources: readonly string[]
  context: readonly Field[]
}

export interface Schema {
  entities: readonly EntityType[]
  actions: readonly ActionType[]
}

/** What is left to chance, drawn from a case of fast-check. */
export class Chance {
  readonly #draw: fc.GeneratorValue

  constructor(draw: fc.GeneratorValue) {
    this.#draw = draw
  }

  below(count: number): number {
    return this.#draw(below, count)
  }

  /** Whether it happens, once in so many. */
  once(inSoMany: number): boolean {
    return this.below(inSoMany) === inSoMany - 1
  }

  one<T>(all: readonly T[]): T {
    const chosen = all[this.below(all.length)]
    if (chosen === undefined) throw new Error('there is nothing to choose from')
    return chosen
  }

  some<T>(all: readonly T[], inSoMany = 2): T[] {
    return all.filter(() => this.once(inSoMany))
  }
}

function below(count: number): fc.Arbitrary<number> {
  return fc.noBias(fc.nat({ max: count - 1 }))
}

const NAMES = ['User', 'Team', 'Docs::File', 'Docs::Folder', 'Color']
const FIELDS = ['owner', 'n', 's', 'flag', 'set', 'rec', 'ip', 'when', 'odd name', 'if']
const ACTIONS: readonly Name[] = [
  { type: 'Action', id: 'all' },
  { type: 'Docs::Action', id: 'change' },
  { type: 'Action', id: 'read' },
  { type: 'Docs::Action', id: 'write' },
  { type: 'Action', id: 'q"\\\u{1f600}' },
]

export function chooseSchema(chance: Chance): Schema {
  const entities = NAMES.map((name): EntityType => {
    if (name === 'Color') return { name, ids: ['red', 'odd "one"'], fields: [], tags: null, memberOf: [] }
    return {
      ...{ name, ids: null, fields: chooseFields(chance, 2) },
      tags: chance.once(2) ? chooseType(chance, 1) : null,
      memberOf: chance.some(NAMES, 3),
    }
  })
  const actions = ACTIONS.map((uid, i): ActionType => {
    const isGroup = i === 0 || (i === 1 && chance.once(2))
    // Each in what comes before it: no action is in itself.
    const groups = chance.some(ACTIONS.slice(0, i))
    if (isGroup) return { uid, groups, principals: [], resources: [], context: [] }
    const [principals, resources] = [chooseNames(chance), chooseNames(chance)]
    return { uid, groups, principals, resources, context: chooseFields(chance, 2) }
  })
  return { entities, actions }
}

function chooseNames(chance: Chance): string[] {
  const first = chance.one(NAMES)
  return [first, ...chance.some(NAMES, 4).filter((name) => name !== first)]
}

function chooseFields(chance: Chance, depth: number): Field[] {
  return chance.some(FIELDS).map((name) => ({ name, type: chooseType(chance, depth), isOptional: chance.once(3) }))
}

function chooseType(chance: Chance, depth: number): Type {
  const kind = chance.below(depth > 0 ? 12 : 8)
  if (kind < PLAIN.length) return { kind: chance.one(PLAIN) }
  if (kind < 9) return { kind: 'entity', name: chance.one(NAMES) }
  if (kind === 9) return { kind: 'set', of: chooseType(chance, depth - 1) }
  return { kind: 'record', fields: chooseFields(chance, depth - 1).slice(0, 4) }
}

/** A schema as Cedar writes it; one namespace after the other, names in full. */
export function schemaText({ entities, actions }: Schema): string {
  const declared = [
    ...entities.map((one) => ({ space: spaceOf(one.name), text: entityText(one) })),
    ...actions.map((one) => ({ space: spaceOf(one.uid.type), text: actionText(one) })),
  ]
  const within = (space: string) => declared.filter((one) => one.space === space).map(({ text }) => text)
  return [...within(''), 'namespace Docs {', ...within('Docs'), '}'].join('\n')
}

function spaceOf(name: string): string {
  return name.includes('::') ? name.slice(0, name.indexOf('::')) : ''
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1)
}

function entityText({ name, ids, fields, tags, memberOf }: EntityType): string {
  if (ids !== null) return `entity ${localName(name)} enum [${ids.map(quoted).join(', ')}];`
  const groups = memberOf.length > 0 ? ` in [${memberOf.join(', ')}]` : ''
  const tagged = tags === null ? '' : ` tags ${typeText(tags)}`
  return `entity ${localName(name)}${groups} ${fieldsText(fields)}${tagged};`
}

function actionText({ uid, groups, principals, resources, context }: ActionType): string {
  const within = groups.length > 0 ? ` in [${groups.map(named).join(', ')}]` : ''
  const of = `principal: [${principals.join(', ')}], resource: [${resources.join(', ')}], context: ${fieldsText(context)}`
  return `action ${quoted(uid.id)}${within}${principals.length > 0 ? ` appliesTo { ${of} }` : ''};`
}

function typeText(type: Type): string {
  if (type.kind === 'entity') return type.name
  if (type.kind === 'set') return `Set<${typeText(type.of)}>`
  return type.kind === 'record' ? fieldsText(type.fields) : `__cedar::${type.kind}`
}

function fieldsText(fields: readonly Field[]): string {
  return `{ ${fields.map(({ name, type, isOptional }) => `${quoted(name)}${isOptional ? '?' : ''}: ${typeText(type)}`).join(', ')} }`
}

export function quoted(text: string): string {
  return JSON.stringify(text)
}

export function named({ type, id }: Name): string {
  return `${type}::${quoted(id)}`
}
