import { tokensOf } from './height.ts'

/**
 * What Cedar's validator makes of a schema, counted along its text: the validator's own reader already writes out each
 * common type wherever it is named, which doubles with each `type T2 = {a: T1, b: T1};`. It is never less than what is made.
 */
export interface SchemaSize {
  /** Names and texts, with each common type written out, once for each kind or action that a declaration is of. */
  expanded: number
  /** The same of the largest single declaration. */
  largest: number
  /** Types of principals times types of resources, summed over actions: a policy is checked once for each. */
  environments: number
  /** Kinds of entities and actions that are in others. */
  members: number
}

export function sizeOfSchema(text: string): SchemaSize {
  const declarations = declarationsOf(text)
  const weigh = weighing(declarations)
  const size: SchemaSize = { expanded: 0, largest: 0, environments: 0, members: 0 }
  for (const declaration of declarations) {
    const { tokens } = declaration
    const names = namesIn(tokens)
    const each = weigh(declaration).weight - names + 1
    size.expanded += names * each
    size.largest = Math.max(size.largest, each)
    if (tokens[0] === 'action') size.environments += names * listed(tokens, 'principal') * listed(tokens, 'resource')
    if (tokens[0] !== 'type' && tokens.includes('in')) size.members += names
  }
  return size
}

/** How many names and texts something has. */
export function wordsIn(text: string): number {
  let count = 0
  for (const token of tokensOf(text)) if (isWord(token)) count++
  return count
}

/** What stands before a semicolon, without annotations before it. */
interface Declaration {
  namespace: string
  tokens: readonly string[]
}

function declarationsOf(text: string): Declaration[] {
  const declarations: Declaration[] = []
  let [namespace, tokens]: [string, string[]] = ['', []]
  for (const token of tokensOf(text)) {
    if (token === ';') {
      declarations.push({ namespace, tokens: unannotated(tokens) })
      tokens = []
    } else if (token === '{' && unannotated(tokens)[0] === 'namespace') {
      namespace = unannotated(tokens).slice(1).join('')
      tokens = []
    } else if (token === '}' && tokens.length === 0) namespace = ''
    else tokens.push(token)
  }
  return declarations
}

function unannotated(tokens: string[]): string[] {
  let at = 0
  while (tokens[at] === '@') at += tokens[at + 2] === '(' ? 5 : 2
  return at === 0 ? tokens : tokens.slice(at)
}

/** Common types name each other no further than this. */
const MOST_STEPS = 100

interface Weight {
  weight: number
  steps: number
}

const TOO_MUCH: Weight = { weight: Number.POSITIVE_INFINITY, steps: 0 }

/** Weighs declarations, each common type once. */
function weighing(declarations: readonly Declaration[]): (declaration: Declaration) => Weight {
  const types = Map.groupBy(
    declarations.filter(({ tokens }) => tokens[0] === 'type'),
    ({ namespace, tokens }) => qualified(namespace, tokens[1] ?? ''),
  )
  const known = new Map<Declaration, Weight>()
  const weigh = (declaration: Declaration, depth = 0): Weight => {
    const found = known.get(declaration)
    if (found) return found
    if (depth > MOST_STEPS) return TOO_MUCH
    known.set(declaration, { weight: 1, steps: 0 }) // one that names itself is refused by Cedar before it writes it out
    const { namespace, tokens } = declaration
    let weight = tokens.filter(isWord).length
    let steps = 0
    for (const path of pathsIn(tokens))
      for (const type of new Set([qualified(namespace, path), path]))
        for (const named of types.get(type) ?? []) {
          const inner = weigh(named, depth + 1)
          weight += inner.weight
          steps = Math.max(steps, inner.steps + 1)
        }
    const made = steps > MOST_STEPS ? TOO_MUCH : { weight, steps }
    known.set(declaration, made)
    return made
  }
  return (declaration) => weigh(declaration)
}

function qualified(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}::${name}`
}

/** Names that can be of types: none of a field, of an annotation, or that a type is declared by. */
function pathsIn(tokens: readonly string[]): string[] {
  const paths: string[] = []
  for (let at = tokens[0] === 'type' ? 2 : 1; at < tokens.length; at++) {
    if (!isWord(tokens[at]) || tokens[at - 1] === '@') continue
    let path = tokens[at] ?? ''
    for (; tokens[at + 1] === '::'; at += 2) path += `::${tokens[at + 2]}`
    const isField = tokens[at + 1] === ':' || (tokens[at + 1] === '?' && tokens[at + 2] === ':')
    if (!isField) paths.push(path)
  }
  return paths
}

/** How many kinds or actions one declaration is of: nothing else in it has commas outside of brackets. */
function namesIn(tokens: readonly string[]): number {
  let [names, depth] = [1, 0]
  for (const token of tokens) {
    if (OPENING.has(token)) depth++
    else if (CLOSING.has(token)) depth--
    else if (token === ',' && depth === 0) names++
  }
  return names
}

const OPENING = new Set(['[', '{', '(', '<'])
const CLOSING = new Set([']', '}', ')', '>'])

/** How many types stand behind `principal:` or `resource:`. */
function listed(tokens: readonly string[], part: 'principal' | 'resource'): number {
  let count = 0
  for (const [at, token] of tokens.entries()) {
    if (token !== part || tokens[at + 1] !== ':') continue
    const end = tokens[at + 2] === '[' ? tokens.indexOf(']', at) : at + 3
    for (let i = at + 2; i < end; i++) if (isWord(tokens[i]) && tokens[i - 1] !== '::') count++
  }
  return count
}

function isWord(token: string | undefined): boolean {
  return token !== undefined && /^[\w"]/.test(token)
}
