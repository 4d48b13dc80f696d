import type { Json } from '@probity/core'
import { setMember } from './members.ts'
import type { JsonObject } from './observed-event.ts'
import type { Parts } from './parts.ts'
import { type Owners, type PersonalNode, type PersonalValues, union } from './personal-values.ts'
import { encodeStep } from './pointer.ts'
import type { Texts } from './search.ts'

/** The texts in the order in which DataRedaction comes by them; a number keeps its place in it. */
export function addTexts(value: Json, texts: Texts): void {
  if (typeof value === 'string') texts.add(value)
  else if (typeof value === 'number') texts.add('')
  else if (Array.isArray(value)) for (const element of value) addTexts(element, texts)
  else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      texts.add(key)
      addTexts(value[key] as Json, texts)
    }
  }
}

const GONE = Symbol('gone')

/** One walk through the data, which takes the hits in the order of addTexts. */
export class DataRedaction {
  readonly #hits: readonly (Owners | undefined)[]
  readonly #values: PersonalValues
  readonly #parts: Parts
  readonly #path: string[] = []
  #next: number

  constructor(hits: readonly (Owners | undefined)[], next: number, values: PersonalValues, parts: Parts) {
    this.#hits = hits
    this.#next = next
    this.#values = values
    this.#parts = parts
  }

  redact(data: JsonObject, node: PersonalNode | undefined): JsonObject {
    const clear = this.#visit(data, node, undefined)
    return clear === GONE ? {} : (clear as JsonObject)
  }

  /** The value without what is personal; GONE when all of it is, which is then in a part. */
  #visit(value: Json, node: PersonalNode | undefined, key: Owners | undefined): Json | typeof GONE {
    if (node?.owners || key) return this.#seal(value, union(union(node?.owners, key), this.#gather(value, node)))
    if (typeof value === 'string') return this.#leaf(value, this.#hits[this.#next++])
    if (typeof value === 'number') return this.#leaf(value, this.#numberHit(value))
    if (Array.isArray(value)) return value.map((element, i) => this.#element(element, i, node))
    if (typeof value !== 'object' || value === null) return value
    return this.#object(value, node)
  }

  #object(value: JsonObject, node: PersonalNode | undefined): JsonObject {
    const clear: JsonObject = {}
    for (const key of Object.keys(value)) {
      const hit = this.#hits[this.#next++]
      this.#path.push(key)
      const member = this.#visit(value[key] as Json, node?.below?.get(key), hit)
      this.#path.pop()
      if (member !== GONE) setMember(clear, key, member)
    }
    return clear
  }

  #element(element: Json, i: number, node: PersonalNode | undefined): Json {
    this.#path.push(`${i}`)
    const clear = this.#visit(element, node?.below?.get(`${i}`), undefined)
    this.#path.pop()
    return clear === GONE ? null : clear
  }

  #leaf(value: Json, owners: Owners | undefined): Json | typeof GONE {
    return owners === undefined ? value : this.#seal(value, owners)
  }

  #seal(value: Json, owners: Owners | undefined): typeof GONE {
    this.#parts.put(owners ?? [], `/data${this.#path.map((key) => `/${encodeStep(key)}`).join('')}`, value)
    return GONE
  }

  // Parts of longer numbers mean nothing: a number is personal when it is one of the values.
  #numberHit(value: number): Owners | undefined {
    this.#next++
    return this.#values.numeric ? this.#values.needles.get(`${value}`)?.owners : undefined
  }

  /** All owners in a subtree that goes as a whole. */
  #gather(value: Json, node: PersonalNode | undefined): Owners | undefined {
    let owners = node?.owners
    if (typeof value === 'string') return union(owners, this.#hits[this.#next++])
    if (typeof value === 'number') return union(owners, this.#numberHit(value))
    if (typeof value !== 'object' || value === null) return owners
    for (const key of Object.keys(value)) {
      if (!Array.isArray(value)) owners = union(owners, this.#hits[this.#next++])
      owners = union(owners, this.#gather((value as JsonObject)[key] as Json, node?.below?.get(key)))
    }
    return owners
  }
}
