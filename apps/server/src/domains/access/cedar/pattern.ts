/** The pattern of `like`: texts with a wildcard between each two, which stands for any run of characters. */
export class Pattern {
  readonly #first: string
  readonly #between: readonly string[]
  readonly #last: string | null

  constructor(elements: readonly ('Wildcard' | { Literal: string })[]) {
    const texts = ['']
    for (const one of elements) {
      if (one === 'Wildcard') texts.push('')
      else texts.push(`${texts.pop() ?? ''}${one.Literal}`)
    }
    this.#first = texts[0] ?? ''
    this.#last = texts.length > 1 ? (texts.at(-1) ?? '') : null
    this.#between = texts.slice(1, -1).filter((text) => text !== '')
  }

  /** In time that grows with the text times the pattern at worst: each part is taken where it first fits. */
  matches(text: string): boolean {
    if (this.#last === null) return text === this.#first
    const end = text.length - this.#last.length
    if (end < this.#first.length || !text.startsWith(this.#first) || !text.endsWith(this.#last)) return false
    let at = this.#first.length
    for (const part of this.#between) {
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return at <= end
  }
}
