/** Says what is wrong with an entry, or from which entry on. */
export type Report = (index: number, code: string, message: string) => void
