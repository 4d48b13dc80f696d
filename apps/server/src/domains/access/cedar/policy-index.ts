import { compile, type Evaluate } from './compile.ts'
import { keyIn, type Literal, literalOf } from './literal.ts'
import type { Constraint, Policy } from './policy.ts'
import type { Variable } from './policy-json.ts'
import type { Request } from './request.ts'
import type { EntityReference } from './value.ts'

/** Attributes by whose value policies are found; each is looked up in every request. */
const MOST_ATTRIBUTES = 16

type List = Map<string, Policy[]>

/** What is known where only the type of the resource is. */
export type OfType = Pick<Request, 'principal' | 'action' | 'context' | 'entities'> & { resource: { type: string } }

/**
 * Finds the policies that may have a say, so that those that cannot cost nothing. Each is kept once for each action that its
 * head names: under the principal, the resource, the constant or the type that it asks for, whichever has the shortest list.
 */
export class PolicyIndex {
  readonly #byAction = new Map<string, Bucket>()
  readonly #ofAnyAction = new Bucket()
  readonly #places = new Map<string, (() => void)[]>()

  constructor(policies: Iterable<Policy>) {
    for (const policy of policies) this.add(policy)
  }

  add(policy: Policy): void {
    const actions = actionsOf(policy)
    const buckets = actions === null ? [this.#ofAnyAction] : actions.map(({ key }) => this.#bucketOf(key))
    this.#places.set(
      policy.id,
      buckets.map((bucket) => bucket.add(policy)),
    )
  }

  remove(id: string): void {
    for (const takeOut of this.#places.get(id) ?? []) takeOut()
    this.#places.delete(id)
  }

  /** All that could hold or fail, each once, and few that do neither. */
  candidates(request: Request): readonly Policy[] {
    return this.#collected(request, (bucket, found) => bucket.collect(request, found))
  }

  /** The same for any resource of a type: for whichever of them. */
  candidatesOfType(request: OfType): readonly Policy[] {
    return this.#collected(request, (bucket, found) => bucket.collectOfType(request, found))
  }

  #collected({ action, entities }: OfType | Request, collect: (bucket: Bucket, found: Policy[]) => void) {
    const found: Policy[] = []
    collect(this.#ofAnyAction, found)
    const own = this.#byAction.get(action.key)
    if (own) collect(own, found)
    const groups = entities.find(action.key)?.ancestors
    if (!groups || groups.size === 0) return found
    for (const group of groups) {
      const bucket = this.#byAction.get(group)
      if (bucket) collect(bucket, found)
    }
    return [...new Set(found)] // a head may name several groups that the action is in
  }

  #bucketOf(action: string): Bucket {
    const held = this.#byAction.get(action)
    if (held) return held
    const made = new Bucket()
    this.#byAction.set(action, made)
    return made
  }
}

/** Actions that the head names, each once; null: any. */
function actionsOf({ action }: Policy): EntityReference[] | null {
  if (action.equals) return [action.equals]
  if (!action.within) return null
  return [...new Map(action.within.map((one) => [one.key, one])).values()]
}

/** Policies of one action, or of one group of actions. */
class Bucket {
  readonly #byPrincipal: List = new Map()
  readonly #byResource: List = new Map()
  readonly #byPrincipalType: List = new Map()
  readonly #byResourceType: List = new Map()
  readonly #byAttribute = new Map<string, ByConstant>()
  readonly #rest: Policy[] = []

  /** Answers how it is taken out again. */
  add(policy: Policy): () => void {
    const places = [
      ...placesOf(this.#byPrincipal, keyOf(policy.principal)),
      ...placesOf(this.#byResource, keyOf(policy.resource)),
      ...this.#placesByConstant(policy),
      ...placesOf(this.#byResourceType, policy.resource.type),
      ...placesOf(this.#byPrincipalType, policy.principal.type),
    ]
    const shortest = places.reduce<Place | null>((best, one) => (!best || one.length < best.length ? one : best), null)
    const list = shortest?.list() ?? this.#rest
    list.push(policy)
    return () => {
      list.splice(list.indexOf(policy), 1)
      shortest?.settle()
    }
  }

  collect(request: Request, found: Policy[]): void {
    const { principal, resource, entities } = request
    if (this.#rest.length > 0) found.push(...this.#rest)
    collectOf(this.#byPrincipalType, principal.type, found)
    collectOf(this.#byResourceType, resource.type, found)
    collectWithin(this.#byPrincipal, principal, request, found)
    collectWithin(this.#byResource, resource, { entities }, found)
    for (const constants of this.#byAttribute.values()) constants.collect(request, found)
  }

  collectOfType(request: OfType, found: Policy[]): void {
    const { principal, resource, entities } = request
    found.push(...this.#rest)
    collectOf(this.#byPrincipalType, principal.type, found)
    collectOf(this.#byResourceType, resource.type, found)
    collectWithin(this.#byPrincipal, principal, { entities }, found)
    for (const list of this.#byResource.values()) found.push(...list)
    for (const constants of this.#byAttribute.values()) constants.collectOfType(request, found)
  }

  #placesByConstant(policy: Policy): Place[] {
    const literal = literalOf(policy.json, policy.slots)
    if (!literal) return []
    const name = `${literal.path} ${literal.isGuarded}`
    const held = this.#byAttribute.get(name)
    if (!held && this.#byAttribute.size >= MOST_ATTRIBUTES) return []
    const constants = held ?? new ByConstant(literal)
    const place = placesOf(constants.lists, literal.key)[0]
    if (!place) return []
    const list = () => {
      this.#byAttribute.set(name, constants)
      return place.list()
    }
    const settle = () => {
      place.settle()
      if (constants.lists.size === 0) this.#byAttribute.delete(name)
    }
    return [{ ...place, list, settle }]
  }
}

/** Policies that ask whether one attribute is a constant, by the constant. */
class ByConstant {
  readonly lists: List = new Map()
  readonly #attribute: Evaluate
  readonly #isGuarded: boolean
  readonly #variable: Variable | undefined

  constructor({ attribute, isGuarded, variable }: Literal) {
    this.#attribute = compile(attribute)
    this.#isGuarded = isGuarded
    this.#variable = variable
  }

  collectOfType(request: OfType, found: Policy[]): void {
    if (this.#variable === 'resource') for (const list of this.lists.values()) found.push(...list)
    else this.collect(request as Request, found) // of which it looks at another variable
  }

  collect(request: Request, found: Policy[]): void {
    const key = keyIn(this.#attribute, request)
    if (key !== null) collectOf(this.lists, key, found)
    else if (!this.#isGuarded) for (const list of this.lists.values()) found.push(...list) // each of them fails
  }
}

/** Where a policy may be kept. */
interface Place {
  /** How many are there now. */
  length: number
  list(): Policy[]
  /** After one was taken out. */
  settle(): void
}

function placesOf(lists: List, key: string | null): Place[] {
  if (key === null) return []
  return [
    {
      length: lists.get(key)?.length ?? 0,
      list() {
        const list = lists.get(key) ?? []
        lists.set(key, list)
        return list
      },
      settle() {
        if (lists.get(key)?.length === 0) lists.delete(key)
      },
    },
  ]
}

/** What a head that asks for one entity is found by. */
function keyOf({ equals, within }: Constraint): string | null {
  return equals?.key ?? within?.[0]?.key ?? null
}

function collectOf(lists: List, key: string, found: Policy[]): void {
  const list = lists.get(key)
  if (list) for (const one of list) found.push(one)
}

function collectWithin(
  lists: List,
  one: EntityReference,
  { entities }: Pick<Request, 'entities'>,
  found: Policy[],
): void {
  if (lists.size === 0) return
  collectOf(lists, one.key, found)
  for (const group of entities.find(one.key)?.ancestors ?? []) collectOf(lists, group, found)
}
