import type { Name } from './generated.ts'
import { EXTENSIONS, TAGS, WORDS } from './generated-conforming.ts'
import {
  type ActionType,
  type Chance,
  type Field,
  named,
  PLAIN,
  quoted,
  type Schema,
  type Type,
} from './generated-schema.ts'

const LONG: Type = { kind: 'Long' }

/** What a policy is written for: the variables have these types, and these may be absent but were asked for. */
export interface Setting {
  principal: string
  action: ActionType
  resource: string
  /** Accesses of optional attributes, and of tags, that a condition before has asked for. */
  known: ReadonlySet<string>
}

interface Path {
  text: string
  type: Type
  /** What has to be asked before it is read, outermost first: the access, and the test. */
  guards: readonly Guard[]
}

interface Guard {
  access: string
  test: string
}

/** Expressions that a schema gives a type; of those that are to be wrong, some part in many is of another type. */
export class TypedExpressions {
  readonly #chance: Chance
  readonly #schema: Schema
  readonly #isWrong: boolean

  constructor(chance: Chance, schema: Schema, isWrong: boolean) {
    this.#chance = chance
    this.#schema = schema
    this.#isWrong = isWrong
  }

  bool(setting: Setting, depth: number): string {
    const chance = this.#chance
    if (depth > 0) {
      const kind = chance.below(13)
      const inner = (at = setting) => this.bool(at, depth - 1)
      if (kind === 0) return `!(${inner()})`
      if (kind === 1) return `(${inner()} || ${inner()})`
      if (kind === 2) return `(${inner()} && ${inner()})`
      if (kind === 3) return `(if ${inner()} then ${inner()} else ${inner()})`
      if (kind === 4) return this.#actionTest()
      if (kind < 8) {
        const { text, type, guards } = this.#readable(setting)
        const at = guards.reduce(knowing, setting)
        return `(${[...this.#asked(text, guards), this.#test(text, type, at, depth - 1)].join(' && ')})`
      }
    }
    const type = this.#anyType()
    return this.#test(this.of(type, setting, depth - 1), type, setting, depth - 1)
  }

  /** An expression of a type. */
  of(wanted: Type, setting: Setting, depth: number): string {
    const chance = this.#chance
    const type = this.#isWrong && chance.once(8) ? { kind: chance.one(PLAIN) } : wanted
    if (depth > 0 && chance.once(4)) return this.#composed(type, setting, depth - 1)
    const paths = this.#paths(setting).filter((one) => isSame(one.type, type) && isReadable(one, setting))
    if (paths.length > 0 && !chance.once(3)) return chance.one(paths).text
    return this.#literal(type, setting, depth)
  }

  #composed(type: Type, setting: Setting, depth: number): string {
    const chance = this.#chance
    const of = (one: Type, at = setting) => this.of(one, at, depth)
    if (type.kind === 'Bool') return this.bool(setting, depth)
    if (type.kind === 'Long' && !chance.once(4)) {
      if (chance.once(3)) return `(${of({ kind: 'duration' })}).${chance.one(PARTS)}()`
      return chance.once(4) ? `(-(${of(LONG)}))` : `(${of(LONG)} ${chance.one(['+', '-', '*'])} ${of(LONG)})`
    }
    if (type.kind === 'datetime' && !chance.once(3))
      return chance.once(2) ? `(${of(type)}).toDate()` : `(${of(type)}).offset(${of({ kind: 'duration' })})`
    if (type.kind === 'duration' && !chance.once(3)) {
      const datetime: Type = { kind: 'datetime' }
      return chance.once(2) ? `(${of(datetime)}).toTime()` : `(${of(datetime)}).durationSince(${of(datetime)})`
    }
    const guarded = this.#paths(setting).filter((one) => isSame(one.type, type) && one.guards.length > 0)
    if (guarded.length === 0 || chance.once(3))
      return `(if ${this.bool(setting, depth)} then ${of(type)} else ${of(type)})`
    const { text, guards } = chance.one(guarded)
    return `(if ${this.#asked(text, guards).join(' && ')} then ${text} else ${of(type)})`
  }

  #literal(type: Type, setting: Setting, depth: number): string {
    const chance = this.#chance
    if (type.kind === 'Bool') return chance.one(['true', 'false'])
    if (type.kind === 'Long') return chance.one(LONGS)
    if (type.kind === 'String') return quoted(chance.one(WORDS))
    if (type.kind === 'entity') return named(this.#nameOf(type.name))
    if (type.kind === 'set')
      return `[${Array.from({ length: 1 + chance.below(3) }, () => this.of(type.of, setting, depth - 1)).join(', ')}]`
    if (type.kind === 'record') {
      const fields = type.fields.map(({ name, type }) => `${quoted(name)}: ${this.of(type, setting, depth - 1)}`)
      return `{${fields.join(', ')}}`
    }
    return `${type.kind === 'ipaddr' ? 'ip' : type.kind}(${quoted(chance.one(EXTENSIONS[type.kind]))})`
  }

  /** Something that is true or false of an expression of a type. */
  #test(text: string, type: Type, setting: Setting, depth: number): string {
    const chance = this.#chance
    const another = (of: Type = type) => this.of(of, setting, depth)
    if (chance.once(3)) return `(${text} ${chance.one(['==', '!='])} ${another()})`
    switch (type.kind) {
      case 'Bool':
        return `(${text} && ${another()})`
      case 'Long':
        return `(${text} ${chance.one(ORDER)} ${another()})`
      case 'String':
        return `(${text} like ${chance.one(PATTERNS)})`
      case 'decimal':
        return `(${text}).${chance.one(DECIMAL_ORDER)}(${another()})`
      case 'datetime':
      case 'duration':
        return `(${text} ${chance.one(ORDER)} ${another()})`
      case 'ipaddr':
        return chance.once(2) ? `(${text}).isInRange(${another()})` : `(${text}).${chance.one(ADDRESS_TESTS)}()`
      case 'set':
        if (chance.once(4)) return `(${text}).isEmpty()`
        if (chance.once(3)) return `(${text}).contains(${another(type.of)})`
        return `(${text}).${chance.one(['containsAll', 'containsAny'])}(${another()})`
      case 'record':
        return this.#fieldTest(text, type.fields)
      case 'entity':
        return this.#entityTest(text, type.name, setting, depth)
    }
  }

  #fieldTest(text: string, fields: readonly Field[]): string {
    const name = fields.length === 0 || this.#chance.once(8) ? 'nothing' : this.#chance.one(fields).name
    return `(${text} has ${quoted(name)})`
  }

  #entityTest(text: string, type: string, setting: Setting, depth: number): string {
    const chance = this.#chance
    const other = (): Type => ({ kind: 'entity', name: chance.one(this.#schema.entities).name })
    const { fields, tags } = this.#entityType(type)
    const kind = chance.below(6)
    if (kind === 0) return this.#fieldTest(text, fields)
    if (kind === 1) return `(${text} is ${chance.one(this.#schema.entities).name})`
    if (kind === 2) return `(${text} is ${type} in ${this.of(other(), setting, depth)})`
    if (kind === 3) return `(${text} in ${this.of(other(), setting, depth)})`
    if (kind === 4 || tags === null) return `(${text} in ${this.of({ kind: 'set', of: other() }, setting, depth)})`
    const tag = quoted(chance.one(TAGS))
    return `((${text}).hasTag(${tag}) && ${this.#test(`(${text}).getTag(${tag})`, tags, setting, depth)})`
  }

  #actionTest(): string {
    const chance = this.#chance
    const { type } = chance.one(this.#schema.actions).uid
    const alike = this.#schema.actions.filter(({ uid }) => uid.type === type) // elements of a set are of one type
    const any = () => named(chance.one(alike).uid)
    return chance.once(2) ? `(action in [${any()}, ${any()}])` : `(action ${chance.one(['==', '!=', 'in'])} ${any()})`
  }

  /** Any access, most likely one that has to be asked for. */
  #readable(setting: Setting): Path {
    const paths = this.#paths(setting)
    const optional = paths.filter(({ guards }) => guards.length > 0)
    return this.#chance.one(optional.length > 0 && !this.#chance.once(4) ? optional : paths)
  }

  /** What asks whether there is an attribute; once in a while nothing does, where it is to be wrong. */
  #asked(text: string, guards: readonly Guard[]): string[] {
    if (this.#isWrong && this.#chance.once(3)) return ['true']
    const [, root, ...names] = /^(\w+)((?:\.\w+)+)$/.exec(text) ?? []
    if (root !== undefined && guards.length > 0 && this.#chance.once(3)) return [`${root} has ${names[0]?.slice(1)}`]
    return guards.map(({ test }) => test)
  }

  /** All accesses of the variables, to a depth. */
  #paths({ principal, action, resource }: Setting): Path[] {
    const start: Path[] = [
      { text: 'principal', type: { kind: 'entity', name: principal }, guards: [] },
      { text: 'resource', type: { kind: 'entity', name: resource }, guards: [] },
      { text: 'context', type: { kind: 'record', fields: action.context }, guards: [] },
    ]
    const all = [...start]
    for (let depth = 0, last = start; depth < 2; depth++) {
      last = last.flatMap((holder) => this.#fieldsOf(holder.type).map((field) => accessed(holder, field)))
      all.push(...last)
    }
    return all
  }

  #fieldsOf(type: Type): readonly Field[] {
    if (type.kind === 'record') return type.fields
    return type.kind === 'entity' ? this.#entityType(type.name).fields : []
  }

  #anyType(): Type {
    const chance = this.#chance
    const kind = chance.below(5)
    if (kind < 2) return { kind: chance.one(PLAIN) }
    const declared = [
      ...this.#schema.entities.flatMap(({ fields }) => fields),
      ...this.#schema.actions.flatMap(({ context }) => context),
    ].map(({ type }) => type)
    if (kind === 2 || declared.length === 0) return { kind: 'entity', name: chance.one(this.#schema.entities).name }
    return chance.one(declared)
  }

  #entityType(name: string) {
    const found = this.#schema.entities.find((one) => one.name === name)
    if (!found) throw new Error(`there is no type ${name}`)
    return found
  }

  #nameOf(type: string): Name {
    return { type, id: this.#chance.one(this.#entityType(type).ids ?? ['a', 'b', 'c']) }
  }
}

const ORDER = ['<', '<=', '>', '>=']
const DECIMAL_ORDER = ['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual']
const ADDRESS_TESTS = ['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast']
const PARTS = ['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays']
const LONGS = ['0', '1', '-1', '2', '7', '86400000', '9007199254740993', '9223372036854775807', '-9223372036854775808']
const PATTERNS = ['"*"', '"a*"', '"*b"', '"a\\*b"', '"*\u{1f600}*"', '""']

function accessed(holder: Path, { name, type, isOptional }: Field): Path {
  const access = /^[a-z]+$/.test(name) && name !== 'if' ? `.${name}` : `[${quoted(name)}]`
  const text = `${holder.text}${access}`
  const guard = { access: text, test: `${holder.text} has ${quoted(name)}` }
  return { text, type, guards: isOptional ? [...holder.guards, guard] : holder.guards }
}

function knowing(setting: Setting, { access }: Guard): Setting {
  return { ...setting, known: new Set([...setting.known, access]) }
}

function isReadable({ guards }: Path, { known }: Setting): boolean {
  return guards.every(({ access }) => known.has(access))
}

function isSame(one: Type, other: Type): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
