import type { Json } from '@probity/core'

/** Cedar's JSON form of a policy (Cedar reference: JSON policy format), as its own parser writes it. */
export interface PolicyJson {
  effect: 'permit' | 'forbid'
  principal: ScopeJson
  action: ActionScopeJson
  resource: ScopeJson
  conditions: readonly Condition[]
  annotations?: Record<string, string | null>
}

export interface Condition {
  kind: 'when' | 'unless'
  body: Expression
}

export interface EntityJson {
  type: string
  id: string
}

/** An entity, or the slot of a template that one fills. */
export type Named = { entity: EntityJson } | { slot: string }

export type ScopeJson =
  | { op: 'All' }
  | ({ op: '==' } & Named)
  | ({ op: 'in' } & Named)
  | { op: 'is'; entity_type: string; in?: Named }

export type ActionScopeJson =
  | { op: 'All' }
  | ({ op: '==' } & Named)
  | ({ op: 'in' } & (Named | { entities: readonly EntityJson[] }))

export interface Two {
  left: Expression
  right: Expression
}

export type BinaryName =
  | ('==' | '!=' | 'in' | '<' | '<=' | '>' | '>=' | '&&' | '||' | '+' | '-' | '*')
  | ('contains' | 'containsAll' | 'containsAny' | 'getTag' | 'hasTag')

export type Variable = 'principal' | 'action' | 'resource' | 'context'

/** Exactly one of these; a key that is none of them is the name of an extension function with its arguments. */
export interface Expression extends Partial<Record<BinaryName, Two>> {
  /** A bigint is a Long that no number holds. */
  Value?: Json | bigint
  Var?: Variable
  Slot?: string
  '!'?: { arg: Expression }
  neg?: { arg: Expression }
  isEmpty?: { arg: Expression }
  '.'?: { left: Expression; attr: string }
  has?: { left: Expression; attr: string | readonly string[] }
  like?: { left: Expression; pattern: readonly ('Wildcard' | { Literal: string })[] }
  is?: { left: Expression; entity_type: string; in?: Expression }
  'if-then-else'?: { if: Expression; then: Expression; else: Expression }
  Set?: readonly Expression[]
  Record?: Record<string, Expression>
}

/** What has to be true of a condition. */
export function testOf({ kind, body }: Condition): Expression {
  return kind === 'when' ? body : { '!': { arg: body } }
}

/** The call of an extension function that an expression is; null: it is something else. */
export function callIn(expression: Expression): { name: string; parameters: readonly Expression[] } | null {
  const [name = '', parameters] = Object.entries(expression)[0] ?? []
  return Array.isArray(parameters) && name !== 'Set' ? { name, parameters } : null
}
