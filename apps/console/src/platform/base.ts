/** Where the console is, with `/` at its end: below a path where a proxy puts it there. */
export const BASE = new URL('.', document.baseURI).pathname

/** The address of a place of the console's, such as `/roles`. */
export function addressOf(place: string): string {
  return BASE.slice(0, -1) + place
}
