import type { Json } from '@probity/core'
import { compileCondition, MAXIMUM_MATCHED, type Scope, startOf } from './conditions.ts'
import type { Condition, Value } from './mapping.ts'
import { find, parsePointer, walk } from './pointer.ts'
import { mailboxIn } from './texts.ts'

/** A text of the event, or undefined where it has none. */
export type Reader = (scope: Scope) => string | undefined

/** The first value that is not empty. */
export function compileFirst(values: readonly Value[], named: Record<string, Condition>): Reader {
  const readers = values.map((value) => compileValue(value, named))
  return (scope) => {
    for (const read of readers) {
      const text = read(scope)
      if (text !== undefined) return text
    }
    return undefined
  }
}

export function compileValue(value: Value, named: Record<string, Condition>): Reader {
  if (typeof value === 'string') return atPointer(value)
  if ('text' in value) return () => value.text
  if ('first' in value) return compileFirst(value.first, named)
  if ('every' in value) return joinEvery(value.every, value.with)
  if ('mailbox' in value) return mailbox(atPointer(value.mailbox))
  if ('join' in value)
    return join(
      value.join.map((part) => compileValue(part, named)),
      value.with,
      value.all ?? false,
    )
  if ('when' in value) {
    const test = compileCondition(value.when, named)
    const read = compileValue(value.use, named)
    return (scope) => (test(scope) ? read(scope) : undefined)
  }
  const read = atPointer(value.at)
  if ('match' in value) return firstGroup(read, new RegExp(value.match, 'iu'))
  const table = new Map(Object.entries(value.table).map(([key, text]) => [key.toLowerCase(), text]))
  return (scope) => table.get(read(scope)?.toLowerCase() ?? '')
}

/** A scalar as text; undefined for what is none and for the empty text. */
export function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined
}

function atPointer(text: string): Reader {
  const pointer = parsePointer(text)
  if (!pointer.steps.includes('*')) return (scope) => textOf(find(startOf(scope, pointer).value, pointer.steps))
  return (scope) => {
    let found: string | undefined
    walk(startOf(scope, pointer), pointer.steps, (place) => {
      found = textOf(place.value)
      return found !== undefined
    })
    return found
  }
}

function joinEvery(text: string, separator: string): Reader {
  const pointer = parsePointer(text)
  return (scope) => {
    const texts: string[] = []
    walk(startOf(scope, pointer), pointer.steps, (place) => {
      const found = textOf(place.value)
      if (found !== undefined && !texts.includes(found)) texts.push(found)
      return false
    })
    return texts.length === 0 ? undefined : texts.join(separator)
  }
}

function join(readers: readonly Reader[], separator: string, all: boolean): Reader {
  return (scope) => {
    const texts = readers.map((read) => read(scope)).filter((text) => text !== undefined)
    const enough = all ? texts.length === readers.length : texts.length > 0
    return enough ? texts.join(separator) : undefined
  }
}

function mailbox(read: Reader): Reader {
  return (scope) => mailboxIn(read(scope) ?? '')
}

function firstGroup(read: Reader, pattern: RegExp): Reader {
  return (scope) => {
    const text = read(scope)
    return text === undefined || text.length > MAXIMUM_MATCHED ? undefined : pattern.exec(text)?.[1] || undefined
  }
}
