import { and, equalTo, FALSE, type Filter, not, or, type Path, TRUE } from './filter.ts'
import type { Entities, Request } from './request.ts'
import type { EntityReference, Value } from './value.ts'

/** A request whose resource is not known but for its type. */
export interface PartialRequest extends Pick<Request, 'principal' | 'action' | 'context'> {
  entities: Entities
  resource: {
    type: string
    /** It is in nothing, and has no tags. */
    isPlain: boolean
  }
  /** Of the resource's type, those that are what `entities` says of them, whatever a row says. */
  known: readonly EntityReference[]
}

/** What an expression is, as far as it can be told: a value, the resource, an attribute of it, or a Long that is worked out of one. */
export type Meaning =
  | { is: 'known'; value: Value }
  | { is: 'resource' }
  | { is: 'attribute'; path: Path }
  /** `factor` times the attribute, and `more`; what its steps must not exceed stands in the case. */
  | { is: 'sum'; path: Path; factor: bigint; more: bigint }
  | { is: 'opaque' }

/** What an expression is where a condition holds. The conditions of all its cases exclude each other; in none of them it fails. */
export interface Case {
  when: Filter
  what: Meaning
}

/** When a test is true and when it is false; where it fails it is neither. Each is worked out when it is asked for. */
export interface Outcome {
  readonly yes: Filter
  readonly no: Filter
}

export const RESOURCE: Meaning = { is: 'resource' }
export const OPAQUE: Meaning = { is: 'opaque' }
export const FAILS: Outcome = { yes: FALSE, no: FALSE }

// Of a policy that permits nobody asks when it does not hold, which is the longer of the two. Throws TooLarge then.
function lazily(yes: () => Filter, no: () => Filter): Outcome {
  const [held, denied] = [once(yes), once(no)]
  return {
    get yes() {
      return held()
    },
    get no() {
      return denied()
    },
  }
}

function once(work: () => Filter): () => Filter {
  let done: Filter | null = null
  return () => {
    done ??= work()
    return done
  }
}

export function opposite(of: Outcome): Outcome {
  return lazily(
    () => of.no,
    () => of.yes,
  )
}

/** What only the engine can tell; it may fail as well. */
export function unknown(opaque: Filter): Outcome {
  return { yes: opaque, no: opaque }
}

/** What is either true or false: it does not fail. */
export function total(yes: Filter): Outcome {
  return { yes, no: not(yes) }
}

/** Of what is of a type, else it fails. */
export function among(domain: Filter, yes: Filter): Outcome {
  return { yes: and(domain, yes), no: and(domain, not(yes)) }
}

/** One of several outcomes, by the case. */
export function anyOf(cases: readonly { when: Filter; result: Outcome }[]): Outcome {
  return lazily(
    () => or(...cases.map(({ when, result }) => and(when, result.yes))),
    () => or(...cases.map(({ when, result }) => and(when, result.no))),
  )
}

/** The right side counts where the left one is true, and only there. */
export function conjunction(left: Outcome, later: () => Outcome): Outcome {
  if (left.yes === FALSE) return left
  const right = later()
  return lazily(
    () => and(left.yes, right.yes),
    () => or(left.no, and(left.yes, right.no)),
  )
}

export function casesOfOutcome({ yes, no }: Outcome): Case[] {
  const cases: Case[] = [
    { when: yes, what: { is: 'known', value: true } },
    { when: no, what: { is: 'known', value: false } },
  ]
  return cases.filter(({ when }) => when !== FALSE)
}

/** Of what has to be a boolean. */
export function outcomeOf(cases: readonly Case[], opaque: Filter): Outcome {
  return anyOf(cases.map(({ when, what }) => ({ when, result: asBoolean(what, opaque) })))
}

function asBoolean(what: Meaning, opaque: Filter): Outcome {
  if (what.is === 'opaque') return unknown(opaque)
  if (what.is === 'attribute') return { yes: equalTo(what.path, true), no: equalTo(what.path, false) }
  if (what.is !== 'known' || typeof what.value !== 'boolean') return FAILS
  return total(what.value ? TRUE : FALSE)
}
