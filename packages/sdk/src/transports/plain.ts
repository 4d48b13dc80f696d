import { wellFormed } from '../event-members.ts'

const CYCLE = '[Circular]'
/** Characters of the text that something too deep becomes; more than an entry holds. */
const LONGEST_TEXT = 500_000
const BYTES_AT_ONCE = 0x8000

/**
 * A value as JSON has it and the server keeps it: bytes as base64, numbers beyond JSON as texts, and what lies deeper than so
 * many levels as its JSON text. Throws what the value's own functions throw.
 */
export function plain(value: unknown, levels: number, within: readonly object[] = []): unknown {
  const simple = simpleOf(value)
  if (typeof simple !== 'object' || simple === null) return simple
  if (within.includes(simple)) return CYCLE
  if (levels <= 0) return jsonText(simple, within)
  const path = [...within, simple]
  if (Array.isArray(simple)) return simple.map((one) => plain(one, levels - 1, path))
  return Object.fromEntries(
    Object.entries(simple).map(([name, one]) => [wellFormed(name), plain(one, levels - 1, path)]),
  )
}

/** Anything but objects and arrays as JSON has it; those as they are. */
function simpleOf(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value)
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value)
  if (value instanceof Uint8Array) return base64(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString()
  return value
}

// All bytes at once would be too many arguments.
function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += BYTES_AT_ONCE)
    text += String.fromCharCode(...bytes.subarray(i, i + BYTES_AT_ONCE))
  return btoa(text)
}

/** What of a text is still to be written: a value, what stands around it, or that an object is left. */
type Step = { write: string } | { value: unknown } | { leave: object }

/** JSON of what may be deeper than the stack is, cut where it is longer than anybody keeps. */
function jsonText(value: object, within: readonly object[]): string {
  const open = new Set<object>(within)
  const steps: Step[] = [{ value }]
  let text = ''
  for (let step = steps.pop(); step && text.length < LONGEST_TEXT; step = steps.pop()) {
    if ('write' in step) text += step.write
    else if ('leave' in step) open.delete(step.leave)
    else {
      const simple = simpleOf(step.value)
      if (typeof simple !== 'object' || simple === null) text += JSON.stringify(simple) ?? 'null'
      else if (open.has(simple)) text += JSON.stringify(CYCLE)
      else {
        open.add(simple)
        for (const one of stepsOf(simple).reverse()) steps.push(one) // the last is the next
      }
    }
  }
  return wellFormed(text.slice(0, LONGEST_TEXT))
}

function stepsOf(value: object): Step[] {
  const isArray = Array.isArray(value)
  const steps: Step[] = [{ write: isArray ? '[' : '{' }]
  for (const [i, [name, one]] of Object.entries(value).entries()) {
    const comma = i > 0 ? ',' : ''
    steps.push({ write: isArray ? comma : `${comma}${JSON.stringify(wellFormed(name))}:` }, { value: one })
  }
  return [...steps, { write: isArray ? ']' : '}' }, { leave: value }]
}
