import type { Json } from '@probity/core'
import type { Attribute, ResourceType } from './attributes.ts'
import { fault, shown } from './fault.ts'
import { named, type Path, pathOf } from './paths.ts'
import type { Resource } from './resource.ts'

export type Comparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'
export type Literal = string | number | boolean | null

/** A filter of RFC 7644 §3.4.2.2. Within brackets, paths are those of the attribute before them. */
export type Filter =
  | { kind: 'and' | 'or'; parts: Filter[] }
  | { kind: 'not'; part: Filter }
  | { kind: 'present'; path: Path }
  | { kind: 'compare'; path: Path; operator: Comparison; value: Literal }
  | { kind: 'within'; path: Path; part: Filter }

const LONGEST = 8_000
const DEEPEST = 20
const COMPARISONS = new Set<string>(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'])
const TOKEN = /\s*(?:([()[\]])|("(?:[^"\\]|\\.)*")|([^\s()[\]"]+))/y

/** Reads a filter. Throws invalidFilter, with what is wrong and where. */
export function parseFilter(type: ResourceType, text: string): Filter {
  const reader = new Reader(text, (name) => pathOf(type, name, 'invalidFilter'))
  const filter = reader.alternatives()
  reader.end()
  return filter
}

/** Reads `attribute[filter].sub` of RFC 7644 §3.5.2; filter and sub may be missing. Throws invalidPath, invalidFilter. */
export function parseTarget(type: ResourceType, text: string): { path: Path; filter: Filter | null } {
  const match = /^([^[\]]*)\[(.*)\](?:\.([^.[\]]+))?$/s.exec(text)
  if (!match) return { path: pathOf(type, text, 'invalidPath'), filter: null }
  const [, name = '', inner = '', sub] = match
  const path = pathOf(type, sub === undefined ? name : `${name}.${sub}`, 'invalidPath')
  if (!path.attribute.multiValued || !path.attribute.subAttributes || name.replace(/^.*:/s, '').includes('.'))
    throw fault('invalidPath', `${shown(name)} has no values to choose from`)
  const reader = new Reader(inner, (named) => within(path, named))
  const filter = reader.alternatives()
  reader.end()
  return { path: path, filter }
}

/** Whether a resource matches. */
export function matches(filter: Filter, resource: Resource): boolean {
  return holds(filter, (path, isWhole) => (isWhole ? wholesOf(resource, path) : valuesOf(resource, path)))
}

/** Whether one value of a complex attribute matches a filter that stood in brackets. */
export function matchesValue(filter: Filter, value: Json): boolean {
  return holds(filter, ({ attribute }) => listOf(member(value, attribute.name)))
}

/** What must be equal to what for the filter to match; the rest of it is not told. */
export function equalities(filter: Filter): { path: Path; value: string }[] {
  if (filter.kind === 'and') return filter.parts.flatMap(equalities)
  if (filter.kind === 'compare' && filter.operator === 'eq' && typeof filter.value === 'string')
    return [{ path: filter.path, value: filter.value }]
  if (filter.kind !== 'within') return []
  return equalities(filter.part).map(({ path, value }) => ({ path: { ...filter.path, sub: path.attribute }, value }))
}

/** The values at a path; those of a complex attribute are its `value` (RFC 7644 §3.4.2.2). */
export function valuesOf(resource: Resource, path: Path): Json[] {
  const { attribute } = path
  const sub = path.sub ?? (attribute.subAttributes && named(attribute.subAttributes, 'value')) ?? null
  return wholesOf(resource, { ...path, sub })
}

/** The same, those of a complex attribute with all their parts: "pr" and brackets ask of these. */
function wholesOf(resource: Resource, { extension, attribute, sub }: Path): Json[] {
  const holder = extension === null ? resource : (resource[extension] ?? null)
  const values = listOf(member(holder, attribute.name))
  return sub ? values.flatMap((value) => listOf(member(value, sub.name))) : values
}

function holds(filter: Filter, valuesAt: (path: Path, isWhole: boolean) => Json[]): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => holds(part, valuesAt))
    case 'or':
      return filter.parts.some((part) => holds(part, valuesAt))
    case 'not':
      return !holds(filter.part, valuesAt)
    case 'present':
      return valuesAt(filter.path, true).some((value) => value !== '')
    case 'within':
      return valuesAt(filter.path, true).some((value) => matchesValue(filter.part, value))
    case 'compare':
      return compares(filter, valuesAt(filter.path, false))
  }
}

// "ne" holds where nothing is, and where one of several values is another.
function compares({ path, operator, value }: Filter & { kind: 'compare' }, held: Json[]): boolean {
  if (value === null) return (operator === 'eq') === (held.length === 0)
  const attribute = path.sub ?? leafOf(path.attribute)
  if (operator === 'ne') return held.length === 0 || held.some((one) => !isEqual(attribute, one, value))
  return held.some((one) => compareOne(attribute, operator, one, value))
}

function compareOne(attribute: Attribute, operator: Exclude<Comparison, 'ne'>, held: Json, value: Literal): boolean {
  if (operator === 'eq') return isEqual(attribute, held, value)
  const [a, b] = [comparable(attribute, held), comparable(attribute, value)]
  if (operator === 'co' || operator === 'sw' || operator === 'ew') {
    const [text, part] = [folded(attribute, held), folded(attribute, value)]
    return operator === 'co' ? text.includes(part) : operator === 'sw' ? text.startsWith(part) : text.endsWith(part)
  }
  if (operator === 'gt') return a > b
  if (operator === 'ge') return a >= b
  return operator === 'lt' ? a < b : a <= b
}

function isEqual(attribute: Attribute, held: Json, value: Literal): boolean {
  return typeof held === typeof value && comparable(attribute, held) === comparable(attribute, value)
}

function comparable(attribute: Attribute, value: Json): string | number {
  if (attribute.type === 'dateTime' && typeof value === 'string') return Date.parse(value)
  return folded(attribute, value)
}

/** Text as it is compared: by RFC 7643 §2.2 without regard to case, unless the attribute says otherwise. */
function folded({ caseExact }: Attribute, value: Json): string {
  const text = String(value).normalize('NFKC')
  return caseExact ? text : text.toLowerCase()
}

function leafOf(attribute: Attribute): Attribute {
  return (attribute.subAttributes && named(attribute.subAttributes, 'value')) ?? attribute
}

function member(value: Json, name: string): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  return Object.hasOwn(value, name) ? (value[name] ?? null) : null
}

function listOf(value: Json): Json[] {
  return Array.isArray(value) ? value : value === null ? [] : [value]
}

function within({ extension, attribute }: Path, name: string): Path {
  const sub = named(attribute.subAttributes ?? [], name)
  if (!sub) throw fault('invalidFilter', `${shown(name)} is no attribute of ${attribute.name}`)
  return { extension, attribute: sub, sub: null }
}

/** Reads by recursive descent: "not" binds before "and", "and" before "or". */
class Reader {
  readonly #tokens: string[]
  #path: (name: string) => Path
  #at = 0
  #depth = 0

  constructor(text: string, path: (name: string) => Path) {
    if (text.length > LONGEST) throw fault('invalidFilter', `a filter has at most ${LONGEST} characters`)
    this.#tokens = tokensOf(text)
    this.#path = path
  }

  alternatives(): Filter {
    if (++this.#depth > DEEPEST) throw fault('invalidFilter', `a filter is nested at most ${DEEPEST} deep`)
    const filter = this.#joined('or', () => this.#joined('and', () => this.#term()))
    this.#depth--
    return filter
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw this.#unexpected('"and", "or" or the end')
  }

  #joined(kind: 'and' | 'or', read: () => Filter): Filter {
    const parts = [read()]
    while (this.#peek()?.toLowerCase() === kind) {
      this.#at++
      parts.push(read())
    }
    return parts.length === 1 ? (parts[0] as Filter) : { kind, parts }
  }

  #term(): Filter {
    if (this.#peek() === '(') return this.#grouped()
    if (this.#peek()?.toLowerCase() === 'not' && this.#tokens[this.#at + 1] === '(') {
      this.#at++
      return { kind: 'not', part: this.#grouped() }
    }
    return this.#expression()
  }

  #grouped(): Filter {
    this.#take('(')
    const filter = this.alternatives()
    this.#take(')')
    return filter
  }

  #expression(): Filter {
    const name = this.#peek()
    if (name === undefined || /^["()[\]]/.test(name)) throw this.#unexpected('an attribute')
    this.#at++
    const path = this.#path(name)
    if (this.#peek() === '[') return this.#bracketed(path)
    const operator = this.#peek()?.toLowerCase() ?? ''
    if (operator !== 'pr' && !COMPARISONS.has(operator)) throw this.#unexpected('an operator such as eq, co or pr')
    this.#at++
    if (operator === 'pr') return { kind: 'present', path }
    const value = this.#literal()
    requireComparable(path, operator as Comparison, value)
    return { kind: 'compare', path, operator: operator as Comparison, value }
  }

  #bracketed(path: Path): Filter {
    if (path.sub || !path.attribute.subAttributes) throw this.#unexpected('an operator')
    const outer = this.#path
    this.#take('[')
    this.#path = (name) => within(path, name)
    const part = this.alternatives()
    this.#path = outer
    this.#take(']')
    return { kind: 'within', path, part }
  }

  #literal(): Literal {
    const token = this.#peek()
    const value = token === undefined ? undefined : literalOf(token)
    if (value === undefined) throw this.#unexpected('a value: text in double quotes, a number, true, false or null')
    this.#at++
    return value
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at]
  }

  #take(token: string): void {
    if (this.#peek() !== token) throw this.#unexpected(shown(token))
    this.#at++
  }

  #unexpected(wanted: string) {
    const found = this.#peek()
    return fault('invalidFilter', `expected ${wanted}, found ${found === undefined ? 'the end' : shown(found)}`)
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  const end = text.trimEnd().length
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < end; ) {
    const from = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (!match) throw fault('invalidFilter', `${shown(text.slice(from))} can't be read; is a quote missing?`)
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '')
  }
  return tokens
}

function literalOf(token: string): Literal | undefined {
  if (!/^("|-?\d|true$|false$|null$)/.test(token)) return undefined
  try {
    const value: unknown = JSON.parse(token)
    return typeof value === 'object' && value !== null ? undefined : (value as Literal)
  } catch {
    return undefined
  }
}

function requireComparable({ attribute, sub }: Path, operator: Comparison, value: Literal): void {
  const leaf = sub ?? leafOf(attribute)
  if (leaf.type === 'complex') throw fault('invalidFilter', `${attribute.name} is compared by one of its parts`)
  const isEquality = operator === 'eq' || operator === 'ne'
  if (value === null ? !isEquality : !isEquality && (leaf.type === 'boolean' || leaf.type === 'binary'))
    throw fault('invalidFilter', `${leaf.name} can't be compared by ${operator}`)
  const isText = typeof value === 'string'
  if (value !== null && (leaf.type === 'boolean' ? typeof value !== 'boolean' : !isText))
    throw fault('invalidFilter', `${leaf.name} is compared with ${leaf.type === 'boolean' ? 'true or false' : 'text'}`)
  if (isText && leaf.type === 'dateTime' && Number.isNaN(Date.parse(value)))
    throw fault('invalidFilter', `${shown(value)} is no time such as "2026-11-27T08:00:00Z"`)
}
