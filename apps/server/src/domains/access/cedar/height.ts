/**
 * How high the tree of a policy can be, in steps of whoever walks it, as counted along its text. It is never less than what
 * a parser makes of it: a chain of terms may lean to either side, so all of its links stand over the highest of its terms.
 */
export interface Walk {
  /** Signs that make a term one longer. */
  links: ReadonlySet<string>
  /** Words and signs that make a chain one longer. */
  chaining: ReadonlySet<string>
  /** Whether elements of a list stand beside each other, or each over those before it. */
  areElementsChained: boolean
  areCommentsChained: boolean
}

const CHAINING = ['&&', '||', '+', '-', '*', 'when', 'unless', 'then', 'else']
export const PARSED: Walk = {
  ...{ links: new Set('.'), chaining: new Set(CHAINING) },
  ...{ areElementsChained: false, areCommentsChained: false },
}
export const FORMATTED: Walk = {
  ...{ links: new Set(['.', '::']), chaining: new Set([...CHAINING, '@']) },
  ...{ areElementsChained: true, areCommentsChained: true },
}

/** A bracket, a choice or one of many signs before a term goes through that many rules of the grammar; a link of a chain is one step. */
const BRACKET = 15

/** How many policies a text has, and the height of the highest. */
export function measured(text: string, walk: Walk): { policies: number; height: number } {
  let [policies, height, before] = [0, 0, '']
  let level = new Level()
  const open: Level[] = []
  const close = () => {
    const inner = level.height(walk)
    level = open.pop() ?? new Level()
    level.holds(inner + BRACKET)
  }
  const end = () => {
    while (open.length > 0) close()
    height = Math.max(height, level.height(walk))
    level = new Level()
  }
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('//')) {
      if (walk.areCommentsChained) level.chain++
      continue
    }
    if (walk.links.has(token) || (token === '[' && /[\w\])]$/.test(before))) level.links++
    if (OPENING.has(token)) {
      open.push(level)
      level = new Level()
    } else if (CLOSING.has(token)) close()
    else if (token === ',') level.endElement(walk)
    else if (token === ';') {
      policies++
      end()
    } else {
      if (token === 'if') level.choices++
      if (PREFIX.has(token) && PREFIX.has(before)) level.prefixes++
      else if (walk.chaining.has(token)) level.endTerm()
    }
    before = token
  }
  end()
  return { policies, height }
}

/** Texts, words and signs of Cedar, without its comments. */
export function* tokensOf(text: string): Generator<string> {
  for (const [token] of text.matchAll(TOKEN)) if (!token.startsWith('//')) yield token
}

const TOKEN = /"(?:[^"\\]|\\.)*"|\/\/[^\n\r]*|\w+|&&|\|\||::|[^\s\w]/gs
const OPENING = new Set(['(', '[', '{'])
const CLOSING = new Set([')', ']', '}'])
const PREFIX = new Set(['!', '-'])

/** What stands between two brackets, or of a policy in none. */
class Level {
  /** Of the term that is under way: its links, signs before it, and the highest that it has in brackets. */
  links = 0
  prefixes = 0
  #inner = 0
  /** Of the chain that it is part of: links, choices around it, and its highest term. */
  chain = 0
  choices = 0
  #tallest = 0
  /** Of the elements before it. */
  #elements = 0

  holds(height: number): void {
    this.#inner = Math.max(this.#inner, height)
  }

  endTerm(): void {
    this.#tallest = Math.max(this.#tallest, this.links + this.prefixes * BRACKET + this.#inner)
    this.chain++
    this.links = this.prefixes = this.#inner = 0
  }

  endElement({ areElementsChained }: Walk): void {
    this.endTerm()
    const element = this.chain - 1 + this.choices * BRACKET + this.#tallest
    this.#elements = Math.max(this.#elements, element) + (areElementsChained ? 1 : 0)
    this.chain = this.choices = this.#tallest = 0
  }

  height(walk: Walk): number {
    this.endElement(walk)
    return this.#elements
  }
}
