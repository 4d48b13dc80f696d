import type { Json } from '@probity/core'
import type { ObservedEvent, Person } from './observed-event.ts'
import type { Place } from './pointer.ts'
import { isAddress, isEmail, isPlaceholder } from './texts.ts'

const ACTOR = -1

interface Mark {
  pointer: string
  person: number
  /** What stands there, where that is needed later. */
  texts: string[]
  embedded: boolean
}

/** The people of one event, each once, and the places that are theirs. */
export class Cast {
  readonly #actor: Person | null
  readonly #people: Person[] = []
  readonly #ids = new Map<string, number>()
  readonly #aliases = new Map<string, number>()
  readonly #marks = new Map<string, Mark>()

  constructor(actor: Person | null) {
    this.#actor = actor
    if (actor?.type === 'person') this.#note(actor, ACTOR)
  }

  /** Index of the person, who is the actor (-1) or one of the others when an identifier is theirs. */
  person(id: string, aliases: readonly string[]): number {
    const known = this.#known(id, aliases)
    if (known === undefined)
      return this.#add({ type: 'person', id, aliases: [...new Set(aliases)].filter((one) => one !== id) })
    for (const one of [id, ...aliases]) this.#alias(known, one)
    return known
  }

  /**
   * Makes the place the person's. What stands in a text that holds JSON makes the whole text theirs; an address in
   * it becomes an alias, since no pointer leads to it.
   */
  mark(place: Place, person: number): void {
    if (place.value === null || place.value === '') return
    const pointer = `/data${place.path}`
    const key = `${person}${pointer}`
    const mark = this.#marks.get(key) ?? { pointer, person, texts: [], embedded: place.embedded }
    const nobodys = person === ACTOR && this.#actor?.type !== 'person'
    if (nobodys || place.embedded) collectTexts(place.value, mark.texts)
    this.#marks.set(key, mark)
  }

  /**
   * Everything, once all is marked. What is the actor's where the actor is nobody (a service, or none) belongs to
   * a person made up from the address that it came from, or from its first value where it has no address.
   */
  finish(): Pick<ObservedEvent, 'people' | 'personal'> {
    const marks = [...this.#marks.values()]
    const actors = marks.filter((mark) => mark.person === ACTOR)
    if (actors.length > 0 && this.#actor?.type !== 'person') {
      const stranger = this.#stranger(actors.flatMap((mark) => mark.texts))
      for (const mark of actors) mark.person = stranger
    }
    for (const { person, texts, embedded } of marks) {
      if (embedded) for (const text of texts) if (isAddress(text) || isEmail(text)) this.#alias(person, text)
    }
    return { people: this.#people, personal: marks.map(({ pointer, person }) => ({ pointer, person })) }
  }

  #stranger(texts: readonly string[]): number {
    const address = texts.find(isAddress)
    if (address !== undefined) return this.person(`address:${address}`, [address])
    return this.person(`trace:${texts[0] ?? 'unknown'}`, [])
  }

  #known(id: string, aliases: readonly string[]): number | undefined {
    const key = id.toLowerCase()
    const known = this.#ids.get(key) ?? this.#aliases.get(key)
    if (known !== undefined) return known
    for (const alias of aliases) {
      const lower = alias.toLowerCase()
      const other = this.#ids.get(lower) ?? (isEmail(alias) ? this.#aliases.get(lower) : undefined)
      if (other !== undefined) return other
    }
    return undefined
  }

  #add(person: Person): number {
    this.#note(person, this.#people.length)
    return this.#people.push(person) - 1
  }

  #note(person: Person, index: number): void {
    this.#ids.set(person.id.toLowerCase(), index)
    for (const alias of person.aliases) this.#aliases.set(alias.toLowerCase(), index)
  }

  #alias(index: number, alias: string): void {
    const person = index === ACTOR ? this.#actor : this.#people[index]
    if (!person || isPlaceholder(alias) || person.id === alias || person.aliases.includes(alias)) return
    person.aliases.push(alias)
    this.#aliases.set(alias.toLowerCase(), index)
  }
}

function collectTexts(value: Json, into: string[]): void {
  if (typeof value === 'string' || typeof value === 'number') {
    if (value !== '') into.push(`${value}`)
  } else if (value !== null && typeof value === 'object') {
    for (const one of Object.values(value)) collectTexts(one, into)
  }
}
