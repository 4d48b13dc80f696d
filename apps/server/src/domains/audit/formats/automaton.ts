const ROOT = 0
const NONE = -1

/**
 * Finds many texts in one pass (Aho and Corasick, 1975): linear in what is searched, what is looked for and what is
 * found, whatever a stranger sends. A node's first child stands in an array and the others in a map, which has fewer
 * entries than there are texts: every text leaves what is known at most once.
 */
export class Automaton {
  readonly #firstUnit: Uint16Array
  readonly #firstChild: Int32Array
  readonly #fail: Int32Array
  /** The text that ends at the node, and the nearest node on the way of failures at which one ends. */
  readonly #ends: Int32Array
  readonly #nextEnd: Int32Array
  readonly #otherChildren = new Map<number, number>()
  readonly #lengths: number[] = []
  #count = 1

  /** The texts are different and none is empty; they are numbered as they come. */
  constructor(texts: readonly string[]) {
    const most = texts.reduce((sum, text) => sum + text.length, 1)
    this.#firstUnit = new Uint16Array(most)
    this.#firstChild = new Int32Array(most).fill(NONE)
    this.#fail = new Int32Array(most)
    this.#ends = new Int32Array(most).fill(NONE)
    this.#nextEnd = new Int32Array(most).fill(NONE)
    const others = new Map<number, [unit: number, child: number][]>()
    for (const [number, text] of texts.entries()) this.#insert(text, number, others)
    this.#link(others)
  }

  /**
   * Walks through a text and tells of every place where one of the texts ends: its number, where it begins and where
   * it ends; the longest first. `hit` answers whether it wants the shorter ones that end there. Answers the node at
   * which the walk ends, for `prefixesAt`.
   */
  search(searched: string, hit: (text: number, from: number, to: number) => boolean): number {
    let node = ROOT
    for (let at = 0; at < searched.length; at++) {
      node = this.#step(node, searched.charCodeAt(at))
      let end = this.#ends[node] === NONE ? (this.#nextEnd[node] as number) : node
      while (end !== NONE) {
        const text = this.#ends[end] as number
        if (!hit(text, at + 1 - (this.#lengths[text] as number), at + 1)) break
        end = this.#nextEnd[end] as number
      }
    }
    return node
  }

  /** The nodes of all beginnings of the texts that what was searched ends with: `node` is what search answered. */
  prefixesAt(node: number): Set<number> {
    const nodes = new Set<number>()
    for (let one = node; one !== ROOT; one = this.#fail[one] as number) nodes.add(one)
    return nodes
  }

  /** Whether one of the texts passes, at `least` units or later, through one of these nodes. */
  passes(text: string, nodes: ReadonlySet<number>, least: number): boolean {
    let node = ROOT
    for (let at = 0; at < text.length && nodes.size > 0; at++) {
      node = this.#child(node, text.charCodeAt(at))
      if (at + 1 >= least && nodes.has(node)) return true
    }
    return false
  }

  #insert(text: string, number: number, others: Map<number, [number, number][]>): void {
    let node = ROOT
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      let next = this.#child(node, unit)
      if (next === NONE) {
        next = this.#count++
        if (this.#firstChild[node] === NONE) {
          this.#firstChild[node] = next
          this.#firstUnit[node] = unit
        } else {
          this.#otherChildren.set(node * 0x10000 + unit, next)
          const known = others.get(node)
          if (known) known.push([unit, next])
          else others.set(node, [[unit, next]])
        }
      }
      node = next
    }
    this.#ends[node] = number
    this.#lengths[number] = text.length
  }

  // Breadth first, so that what a node fails to is linked before it.
  #link(others: ReadonlyMap<number, [number, number][]>): void {
    const queue = new Int32Array(this.#count)
    let waiting = 1
    for (let at = 0; at < waiting; at++) {
      const node = queue[at] as number
      const first = this.#firstChild[node] as number
      if (first === NONE) continue
      this.#linkChild(node, this.#firstUnit[node] as number, first)
      queue[waiting++] = first
      for (const [unit, child] of others.get(node) ?? []) {
        this.#linkChild(node, unit, child)
        queue[waiting++] = child
      }
    }
  }

  #linkChild(parent: number, unit: number, child: number): void {
    const fail = parent === ROOT ? ROOT : this.#step(this.#fail[parent] as number, unit)
    this.#fail[child] = fail
    this.#nextEnd[child] = this.#ends[fail] === NONE ? (this.#nextEnd[fail] as number) : fail
  }

  #step(from: number, unit: number): number {
    for (let node = from; ; node = this.#fail[node] as number) {
      const next = this.#child(node, unit)
      if (next !== NONE) return next
      if (node === ROOT) return ROOT
    }
  }

  #child(node: number, unit: number): number {
    const first = this.#firstChild[node] as number
    if (first === NONE || this.#firstUnit[node] === unit) return first
    return this.#otherChildren.get(node * 0x10000 + unit) ?? NONE
  }
}
