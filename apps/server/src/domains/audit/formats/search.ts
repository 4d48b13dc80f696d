import { EDGE, isDelimited, type Needles } from './needles.ts'
import { type Owners, union } from './personal-values.ts'
import { foldCase, plain } from './texts.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
const BEYOND_ASCII = /[^\u0000-\u007f]/
/** Needles times characters up to which the engine finds one needle after the other faster than we find all at once. */
const SMALL = 200_000

/** The texts of one event, each with what it says behind percent-encoding and JSON escapes. */
export class Texts {
  readonly #forms: string[] = []
  readonly #texts: number[] = []
  #count = 0
  #length = 0
  /** Whether one of them may hold percent-encoding. */
  encoded = false

  /** Texts are numbered as they come. */
  add(text: string): void {
    const number = this.#count++
    this.encoded ||= text.includes('%')
    for (const form of formsOf(text)) {
      this.#forms.push(form)
      this.#texts.push(number)
      this.#length += form.length + 1
    }
  }

  /** Whose values each text holds. */
  search(needles: Needles, small = SMALL): (Owners | undefined)[] {
    const found: (Owners | undefined)[] = new Array(this.#count)
    const hit = (form: number, owners: Owners | undefined) => {
      const text = this.#texts[form] as number
      found[text] = union(found[text], owners)
    }
    if (needles.all.length * this.#length <= small && !needles.holdEdges) this.#oneByOne(needles, hit)
    else for (const [i, form] of this.#forms.entries()) hit(i, needles.ownersIn(form))
    return found
  }

  // All forms are joined, so that each needle is looked for once.
  #oneByOne(needles: Needles, hit: (form: number, owners: Owners) => void): void {
    const joined = EDGE + this.#forms.join(EDGE) + EDGE
    const starts = this.#starts()
    for (const { text, owners, delimited } of needles.all) {
      for (let at = joined.indexOf(text); at !== -1; ) {
        if (delimited && !isDelimited(joined, at, at + text.length)) {
          at = joined.indexOf(text, at + 1)
          continue
        }
        const form = formAt(starts, at)
        hit(form, owners)
        at = joined.indexOf(text, Math.max(at + 1, starts[form + 1] ?? joined.length))
      }
    }
  }

  // Where each form begins in the joined text: at the edge before it, where a needle of whole texts begins.
  #starts(): number[] {
    let start = 0
    return this.#forms.map((form) => {
      const here = start
      start += form.length + 1
      return here
    })
  }
}

/** The last form that begins at or before the position. */
function formAt(starts: readonly number[], at: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] as number) <= at) low = middle
    else high = middle - 1
  }
  return low
}

/** What a text says, in lower case: as it stands and as its readers may understand it. */
export function formsOf(text: string): string[] {
  if (text === '') return []
  const forms = [foldCase(text)]
  const add = (variant: string) => {
    if (variant !== text) forms.push(foldCase(variant))
  }
  if (BEYOND_ASCII.test(text)) add(text.normalize())
  if (text.includes('%')) add(decodePercent(text.replaceAll('+', ' ')))
  if (text.includes('\\')) add(unescapeJson(text))
  for (const form of [...forms]) {
    const bare = plain(form)
    if (bare !== form && bare !== '') forms.push(bare)
  }
  return forms
}

/** What percent-encoding in a text says; what is none stays. */
export function decodePercent(text: string): string {
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
