/** What is put together of a statement. */
export class Statement {
  readonly values: unknown[] = []
  isExact = true
  readonly #first: number

  constructor(firstParameter: number) {
    this.#first = firstParameter
  }

  parameter(value: unknown, type: string): string {
    this.values.push(value)
    return `$${this.#first + this.values.length - 1}::${type}`
  }

  /** A part; where it comes to a constant, its parameters go with it: PostgreSQL refuses one that nothing asks for. */
  part(write: () => string): string {
    const before = this.values.length
    const text = write()
    if (text === 'true' || text === 'false') this.values.length = before
    return text
  }

  /** Where one part alone decides, and is told, it does not matter that others cannot be. */
  joined(op: 'and' | 'or', parts: readonly (() => string)[]): string {
    const before = this.isExact
    const written = parts.map((write) => {
      this.isExact = true
      return { text: write(), isExact: this.isExact }
    })
    const deciding = op === 'and' ? 'false' : 'true'
    const isDecided = written.some(({ text, isExact }) => isExact && text === deciding)
    this.isExact = before && (isDecided || written.every(({ isExact }) => isExact))
    return (op === 'and' ? allOf : anyOf)(written.map(({ text }) => text))
  }

  column({ table }: { table?: string }, name: string): string {
    return table === undefined ? quoted(name) : `${quoted(table)}.${quoted(name)}`
  }

  /** What cannot be told; only where a guard holds, if there is one. */
  unknown(up: boolean, guard = 'true'): string {
    this.isExact = false
    return up ? guard : 'false'
  }
}

/** Whether PostgreSQL can have a text: none has a NUL in it, or half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** A pattern of LIKE; null: no text that is stored fits. */
export function likePattern(pattern: readonly ('Wildcard' | { Literal: string })[]): string | null {
  if (!isStorable(pattern.map((one) => (one === 'Wildcard' ? '' : one.Literal)).join(''))) return null
  return pattern
    .map((one) => (one === 'Wildcard' ? '%' : one.Literal.replaceAll(/[\\%_]/g, (letter) => `\\${letter}`)))
    .join('')
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function allOf(parts: readonly string[]): string {
  return joined(parts, 'AND', 'true', 'false')
}

export function anyOf(parts: readonly string[]): string {
  return joined(parts, 'OR', 'false', 'true')
}

function joined(parts: readonly string[], operator: string, neutral: string, deciding: string): string {
  if (parts.includes(deciding)) return deciding
  const rest = parts.filter((one) => one !== neutral)
  if (rest.length < 2) return rest[0] ?? neutral
  return `(${rest.join(` ${operator} `)})`
}
