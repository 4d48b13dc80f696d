import { Automaton } from './automaton.ts'
import { type Owners, type PersonalValues, union } from './personal-values.ts'

/** Stands before and after each text that is searched, so that a whole text can be looked for. */
export const EDGE = '\0'
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u
const SHORTEST_CUT = 4

/** A text that is looked for; `delimited`: it counts only between what is no letter or digit. */
interface Needle {
  text: string
  owners: Owners
  delimited: boolean
}

/** All personal values of one event, as they are looked for. */
export class Needles {
  readonly all: Needle[] = []
  /** Whether a value has an edge in it, and may seem to reach from one text into the next. */
  readonly holdEdges: boolean
  readonly #values: PersonalValues
  #finders: { anywhere: Finder; delimited: Finder } | undefined

  /** `encoded`: they are also looked for as percent-encoding writes them. */
  constructor(values: PersonalValues, encoded: boolean) {
    this.#values = values
    let edges = false
    for (const [value, { owners, how }] of values.needles) {
      edges ||= value.includes(EDGE)
      const delimited = how === 'delimited'
      this.all.push({ text: how === 'whole' ? EDGE + value + EDGE : value, owners, delimited })
      if (!encoded || how === 'whole') continue
      const text = encodePercent(value)
      if (text !== value) this.all.push({ text, owners, delimited })
    }
    this.holdEdges = edges
  }

  /** Whose values the text, in lower case, holds; in time that grows with its length alone, once there is an automaton. */
  ownersIn(text: string): Owners | undefined {
    const { anywhere, delimited } = this.#find()
    const edged = EDGE + text + EDGE
    return union(anywhere.ownersIn(edged, false), delimited.ownersIn(edged, true))
  }

  /** Whose values the text, in lower case, ends in the middle of, or with. */
  ownersCutIn(text: string): Owners | undefined {
    const { automaton } = this.#find().anywhere
    const nodes = automaton.prefixesAt(automaton.search(text, () => false))
    let owners: Owners | undefined
    for (const [value, needle] of this.#values.needles) {
      const isCut = needle.how === 'anywhere' && automaton.passes(value, nodes, SHORTEST_CUT)
      if (isCut) owners = union(owners, needle.owners)
    }
    return owners
  }

  #find() {
    this.#finders ??= {
      anywhere: new Finder(this.all.filter((needle) => !needle.delimited)),
      delimited: new Finder(this.all.filter((needle) => needle.delimited)),
    }
    return this.#finders
  }
}

class Finder {
  readonly automaton: Automaton
  readonly #owners: readonly Owners[]
  /** The search in which a needle was last found: what ends with it was then found too. */
  readonly #foundIn: Int32Array
  #searches = 0

  constructor(needles: readonly Needle[]) {
    const merged = new Map<string, Owners>()
    for (const { text, owners } of needles) merged.set(text, union(merged.get(text), owners) as Owners)
    this.automaton = new Automaton([...merged.keys()])
    this.#owners = [...merged.values()]
    this.#foundIn = new Int32Array(merged.size)
  }

  ownersIn(text: string, delimited: boolean): Owners | undefined {
    if (this.#owners.length === 0) return undefined
    const search = ++this.#searches
    let owners: Owners | undefined
    this.automaton.search(text, (needle, from, to) => {
      if (delimited && !isDelimited(text, from, to)) return true
      if (this.#foundIn[needle] === search) return delimited
      this.#foundIn[needle] = search
      owners = union(owners, this.#owners[needle])
      return true
    })
    return owners
  }
}

/** Whether a stretch of a text stands between what is no letter or digit. */
export function isDelimited(text: string, from: number, to: number): boolean {
  return !LETTER_OR_DIGIT.test(text[from - 1] ?? '') && !LETTER_OR_DIGIT.test(text[to] ?? '')
}

/** As percent-encoding writes a text, in lower case. */
export function encodePercent(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text).toLowerCase() : text
}
