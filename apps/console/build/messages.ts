import { readFile } from 'node:fs/promises'
import { type MessageFormatElement, parse, TYPE } from '@formatjs/icu-messageformat-parser'
import type { Plugin } from 'vite'

const MESSAGES = /\/messages\.[a-z]{2}\.json$/

/** Parses ICU messages when the console is built, so that no browser brings a parser along. A message that is wrong fails the build. */
export function messages(): Plugin {
  return {
    name: 'messages',
    enforce: 'pre',
    async load(id) {
      if (!MESSAGES.test(id)) return null
      const texts = JSON.parse(await readFile(id, 'utf8')) as Record<string, string>
      const parsed = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, parsedMessage(id, key, text)]))
      return { code: `export default ${JSON.stringify(parsed)}`, moduleType: 'js' }
    },
  }
}

/** A text without arguments stays one. */
function parsedMessage(file: string, key: string, text: string): string | MessageFormatElement[] {
  try {
    const elements = parse(text, { ignoreTag: true })
    const [only] = elements
    return elements.length === 1 && only?.type === TYPE.literal ? only.value : elements
  } catch (error) {
    throw new Error(`${file}: ${key}: ${(error as Error).message}`)
  }
}
