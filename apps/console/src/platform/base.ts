/** Where the console is, with `/` at its end: below a path where a proxy puts it there. */
export const BASE = new URL('.', document.baseURI).pathname
