import type { Json } from '@probity/core'
import type { ObservedEvent } from './observed-event.ts'
import { decodeStep } from './pointer.ts'
import { foldCase, isGeneric, plain, withoutControls } from './texts.ts'

/** Ascending indexes into people; -1 is the actor. */
export type Owners = readonly number[]

export function union(a: Owners | undefined, b: Owners | undefined): Owners | undefined {
  if (!a || a === b) return b
  if (!b) return a
  if (b.every((one) => a.includes(one))) return a
  return [...new Set([...a, ...b])].sort((x, y) => x - y)
}

/** A personal place in the event: its own owners, if the whole subtree is theirs, and places below. */
export interface PersonalNode {
  owners: Owners | undefined
  below: Map<string, PersonalNode> | undefined
}

/** The places that `personal` names, as a tree. */
export function personalTree(personal: ObservedEvent['personal']): PersonalNode {
  const root: PersonalNode = { owners: undefined, below: undefined }
  for (const { pointer, person } of personal) {
    let node = root
    for (const step of pointer.split('/').slice(1)) {
      const key = decodeStep(step)
      node.below ??= new Map()
      const next = node.below.get(key) ?? { owners: undefined, below: undefined }
      node.below.set(key, next)
      node = next
    }
    node.owners = union(node.owners, [person])
  }
  return root
}

/** How a value is looked for: `whole` texts only, `delimited` by what is no letter or digit, or anywhere. */
export interface Needle {
  owners: Owners
  how: 'whole' | 'delimited' | 'anywhere'
}

const SHORT = 4
const USER_AGENT = /\/user_?-?agent(?:$|\/)|userAgent(?:$|\/)/i

/**
 * What the people of the event are called and what is theirs, in lower case: where such a value occurs elsewhere,
 * that place is theirs too. Generic words do not count, nor do texts of one or two characters and numbers of up to
 * three digits that no person is called by: a country code or a latitude would take half the event with it.
 */
export class PersonalValues {
  readonly needles = new Map<string, Needle>()
  readonly #texts = new Set<string>()
  /** Whether a number can be equal to one of the values. */
  numeric = false

  /** How many different ones there are. */
  get size(): number {
    return this.#texts.size
  }

  addIdentifier(text: string, owner: number): void {
    this.#add(text, [owner], 1, false)
  }

  /** All values in a personal subtree. A user agent spreads only as a whole: parts of it are everywhere. */
  addSubtree(value: Json, owners: Owners, pointer: string): void {
    this.#addValue(value, owners, USER_AGENT.test(pointer))
  }

  #addValue(value: Json, owners: Owners, whole: boolean): void {
    if (value === null || typeof value === 'boolean') return
    if (typeof value === 'object') {
      for (const key of Object.keys(value)) {
        const isAgent = whole || /user_?-?agent/i.test(key)
        this.#addValue((value as { [member: string]: Json })[key] as Json, owners, isAgent)
      }
      return
    }
    this.#add(`${value}`, owners, typeof value === 'number' ? SHORT : SHORT - 1, whole)
  }

  // A text and, where it has other spacing or invisible characters, what a reader sees of it.
  #add(text: string, owners: Owners, least: number, whole: boolean): void {
    const bare = plain(text)
    for (const seen of bare === text ? [text] : [text, bare]) {
      if (isGeneric(seen) || seen.length < least) continue
      if (seen === text) this.#texts.add(text)
      const how = whole ? 'whole' : seen.length < SHORT ? 'delimited' : 'anywhere'
      const folded = foldCase(seen)
      for (const form of new Set([folded, withoutControls(folded), folded.normalize()]))
        for (const owner of owners) this.#put(form, owner, how)
      this.numeric ||= /^-?\d/.test(seen)
    }
  }

  #put(value: string, owner: number, how: Needle['how']): void {
    const known = this.needles.get(value)
    if (!known) this.needles.set(value, { owners: [owner], how })
    else {
      known.owners = union(known.owners, [owner]) as Owners
      if (known.how === 'whole') known.how = how
    }
  }
}
