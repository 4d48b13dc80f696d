import type { StreamParser } from '@codemirror/language'

const KEYWORDS = new Set(['permit', 'forbid', 'when', 'unless', 'if', 'then', 'else', 'in', 'has', 'like', 'is'])
const VARIABLES = new Set(['principal', 'action', 'resource', 'context'])

/** Words of Cedar's grammar, for colouring; what is right the server says. */
export const cedar: StreamParser<null> = {
  name: 'cedar',
  startState: () => null,
  token(stream) {
    if (stream.eatSpace()) return null
    if (stream.match('//')) {
      stream.skipToEnd()
      return 'comment'
    }
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return 'string'
    if (stream.match(/^-?\d+/)) return 'number'
    if (stream.match(/^@[A-Za-z_]\w*/)) return 'meta'
    const word = stream.match(/^[A-Za-z_]\w*/)
    if (Array.isArray(word)) return kindOf(word[0], stream.peek())
    stream.next()
    return null
  },
  languageData: { commentTokens: { line: '//' } },
}

function kindOf(word: string, next: string | undefined): string | null {
  if (KEYWORDS.has(word)) return 'keyword'
  if (word === 'true' || word === 'false') return 'bool'
  if (VARIABLES.has(word)) return 'variableName'
  return next === ':' || /^[A-Z]/.test(word) ? 'typeName' : null
}
