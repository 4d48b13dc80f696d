import type { Generated, Name } from './generated.ts'
import type { ActionType, Chance, EntityType, Field, Schema, Type } from './generated-schema.ts'

const IDS = ['a', 'b', 'c']

/** Entities and a request that a schema describes. */
export function chooseRequest(
  chance: Chance,
  schema: Schema,
  action: ActionType,
): Pick<Generated, 'entities' | 'principal' | 'action' | 'resource' | 'context'> {
  const values = new Values(chance, schema)
  return {
    entities: values.entities(),
    principal: values.nameOf(chance.one(action.principals)),
    action: action.uid,
    resource: values.nameOf(chance.one(action.resources)),
    context: values.record(action.context),
  }
}

class Values {
  readonly #chance: Chance
  readonly #schema: Schema

  constructor(chance: Chance, schema: Schema) {
    this.#chance = chance
    this.#schema = schema
  }

  // Sorted, and each in what comes before it: no entity is in itself. Some that others name are not there.
  entities(): Generated['entities'] {
    const all = this.#schema.entities.flatMap((type) => (type.ids ?? IDS).map((id) => ({ type, id })))
    const there = all.filter(() => !this.#chance.once(5))
    return there.map(({ type, id }, i) => ({
      uid: { type: type.name, id },
      attrs: this.record(type.fields),
      tags: this.#tags(type),
      parents: this.#parents(type, there.slice(0, i)),
    }))
  }

  nameOf(type: string): Name {
    return { type, id: this.#chance.one(this.#schema.entities.find(({ name }) => name === type)?.ids ?? IDS) }
  }

  record(fields: readonly Field[]): Record<string, unknown> {
    const there = fields.filter(({ isOptional }) => !isOptional || !this.#chance.once(3))
    return Object.fromEntries(there.map(({ name, type }) => [name, this.#value(type)]))
  }

  #tags({ tags }: EntityType): Record<string, unknown> {
    if (tags === null) return {}
    return Object.fromEntries(this.#chance.some(TAGS).map((name) => [name, this.#value(tags)]))
  }

  #parents({ memberOf }: EntityType, before: readonly { type: EntityType; id: string }[]): Name[] {
    const groups = before.filter(({ type }) => memberOf.includes(type.name))
    return this.#chance.some(groups, 3).map(({ type, id }) => ({ type: type.name, id }))
  }

  #value(type: Type): unknown {
    if (type.kind === 'entity') return { __entity: this.nameOf(type.name) }
    if (type.kind === 'record') return this.record(type.fields)
    if (type.kind === 'set') return Array.from({ length: this.#chance.below(4) }, () => this.#value(type.of))
    if (type.kind === 'Bool') return this.#chance.once(2)
    if (type.kind === 'Long') return this.#chance.one(LONGS)
    if (type.kind === 'String') return this.#chance.one(WORDS)
    const fn = type.kind === 'ipaddr' ? 'ip' : type.kind
    return { __extn: { fn, arg: this.#chance.one(EXTENSIONS[type.kind]) } }
  }
}

export const TAGS = ['a', 'ab', 'odd tag']
export const WORDS = ['', 'a', 'ab', 'a*b', 'aab\u{1f600}b', 'b\\']
const LONGS = [0, 1, -1, 2, 7, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]
/** Texts that each constructor can read. */
export const EXTENSIONS = {
  decimal: ['0.0', '1.5', '1.50', '-1.5', '922337203685477.5807'],
  datetime: [
    '1970-01-01',
    '1969-12-31T23:59:59.999Z',
    '2024-02-29',
    '2024-01-01T00:00:00+0130',
    '9999-12-31T23:59:59Z',
  ],
  duration: ['0ms', '1d', '-1d2h3m4s5ms', '-5ms', '9223372036854775807ms', '-9223372036854775808ms'],
  ipaddr: ['127.0.0.1', '10.0.0.0/8', '10.1.2.3', '224.0.0.1', '0.0.0.0/0', '::1', '::/0', 'ff02::1'],
} as const
