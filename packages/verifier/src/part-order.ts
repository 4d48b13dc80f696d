import { decodePartPayload } from '@probity/core'
import { Refusal, refusalOf } from './result.ts'

/** Opened parts follow the frame that holds their entry, ascending in (index, part number) (formats §6, `P`). */
export class PartOrder {
  readonly #first: number
  readonly #end: number
  #index = -1
  #part = -1

  /** Parts of the entries `first ≤ i < end`. */
  constructor(first: number, end: number) {
    this.#first = first
    this.#end = end
  }

  /** Throws PART_ORDER unless this payload may stand next. */
  admit(payload: Uint8Array): void {
    const { index, part } = this.#decode(payload)
    if (index < this.#first || index >= this.#end) {
      throw new Refusal('PART_ORDER', this.#first, `a part of entry ${index} stands after entry ${this.#end - 1}`)
    }
    if (index < this.#index || (index === this.#index && part <= this.#part)) {
      throw new Refusal('PART_ORDER', index, `the parts of entry ${index} do not ascend`)
    }
    this.#index = index
    this.#part = part
  }

  #decode(payload: Uint8Array) {
    try {
      return decodePartPayload(payload)
    } catch (error) {
      throw refusalOf(error, this.#first)
    }
  }
}
