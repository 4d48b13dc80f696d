import { type Owners, type PersonalValues, union } from './personal-values.ts'
import { foldCase } from './texts.ts'

const SEPARATOR = '\0'
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
const BEYOND_ASCII = /[^\u0000-\u007f]/
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u

/**
 * The texts of one event, searched for all personal values at once: they are joined and each value is looked for
 * in the whole, which the engine does faster than we could text by text.
 */
export class Texts {
  readonly #entries: string[] = []
  readonly #texts: number[] = []
  #count = 0
  #encoded = false

  /** Adds a text, and what it says behind percent-encoding and JSON escapes. Texts are numbered as they come. */
  add(text: string): void {
    const number = this.#count++
    if (text === '') return
    this.#entry(text, number)
    if (BEYOND_ASCII.test(text)) this.#variant(text, text.normalize(), number)
    if (text.includes('%')) {
      this.#encoded = true
      this.#variant(text, decodePercent(text.replaceAll('+', ' ')), number)
    }
    if (text.includes('\\')) this.#variant(text, unescapeJson(text), number)
  }

  /** Whose values each text holds. */
  search(values: PersonalValues): (Owners | undefined)[] {
    const found: (Owners | undefined)[] = new Array(this.#count)
    const starts = this.#starts()
    const joined = SEPARATOR + this.#entries.join(SEPARATOR) + SEPARATOR
    for (const [value, { owners, how }] of values.needles) {
      const needle = how === 'whole' ? SEPARATOR + value + SEPARATOR : value
      this.#findAll(joined, starts, needle, how === 'delimited', (text) => {
        found[text] = union(found[text], owners)
      })
      if (!this.#encoded || how === 'whole') continue
      const encoded = encodePercent(value)
      if (encoded !== value) {
        this.#findAll(joined, starts, encoded, how === 'delimited', (text) => {
          found[text] = union(found[text], owners)
        })
      }
    }
    return found
  }

  #findAll(
    joined: string,
    starts: readonly number[],
    needle: string,
    delimited: boolean,
    hit: (text: number) => void,
  ): void {
    for (let at = joined.indexOf(needle); at !== -1; ) {
      if (delimited && !isDelimited(joined, at, needle.length)) {
        at = joined.indexOf(needle, at + 1)
        continue
      }
      const entry = entryAt(starts, at)
      hit(this.#texts[entry] as number)
      at = joined.indexOf(needle, Math.max(at + 1, starts[entry + 1] ?? joined.length))
    }
  }

  #entry(text: string, number: number): void {
    this.#entries.push(foldCase(text))
    this.#texts.push(number)
  }

  #variant(text: string, variant: string, number: number): void {
    if (variant !== text) this.#entry(variant, number)
  }

  // Where each entry begins in the joined text, which begins with a separator; a needle of whole texts begins there.
  #starts(): number[] {
    let start = 0
    return this.#entries.map((entry) => {
      const here = start
      start += entry.length + 1
      return here
    })
  }
}

/** The last entry that begins at or before the position. */
function entryAt(starts: readonly number[], at: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] as number) <= at) low = middle
    else high = middle - 1
  }
  return low
}

function isDelimited(text: string, at: number, length: number): boolean {
  return !LETTER_OR_DIGIT.test(text[at - 1] ?? '') && !LETTER_OR_DIGIT.test(text[at + length] ?? '')
}

function encodePercent(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text).toLowerCase() : text
}

function decodePercent(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run
    }
  })
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

function unescapeJson(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/gi, (_, hex: string | undefined, other: string | undefined) =>
    hex === undefined ? (ESCAPES[other ?? ''] ?? other ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
