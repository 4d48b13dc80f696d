/** Says what is wrong with an entry, or from which entry on. */
export type Report = (index: number, code: string, message: string) => void

/** A sealed part that no key opens, although nobody of it was erased before the snapshot. */
export interface Keyless {
  index: number
  subjects: string[]
}
