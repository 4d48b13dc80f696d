import { formatPolicies } from '@cedar-policy/cedar-wasm/nodejs'
import { Breath } from '../../../platform/breath.ts'
import { FORMATTED, tokensOf } from './height.ts'
import { piecesOf, requireParsable, UnreadablePolicy } from './text.ts'

const WIDTH = { lineWidth: 100, indentWidth: 2 }

/** Names, texts and signs of one policy: the formatter's time grows with the square of them, and 30,000 take it 0.5 s. */
const MOST_TOKENS = 30_000

/**
 * Policies and templates as Cedar's own formatter writes them, with their comments: one by one, which is what it makes of
 * all in one go in a fraction of the time, and lets the event loop go between them. Throws UnreadablePolicy.
 */
export async function formatted(text: string, most: number): Promise<string> {
  requireParsable(text, most, FORMATTED)
  const pieces = piecesWithComments(text)
  if (pieces.some((one) => isMoreThan(MOST_TOKENS, tokensOf(one))))
    throw new UnreadablePolicy([`a policy has at most ${MOST_TOKENS} names and signs: make several of it`])
  const breath = new Breath()
  const written: string[] = []
  for (const piece of pieces) {
    written.push(formattedPiece(piece))
    await breath.take()
  }
  return written.join('\n')
}

/** Each policy with the comments before it and that on its last line; the last with all that follows. */
function piecesWithComments(text: string): string[] {
  const { statements, rest } = piecesOf(text)
  const [first = '', ...following] = [...statements, rest]
  const pieces: string[] = []
  let piece = first
  for (const next of following) {
    const [own = ''] = OWN_COMMENT.exec(next) ?? []
    pieces.push(piece + own)
    piece = next.slice(own.length)
  }
  return [...pieces.slice(0, -1), `${pieces.at(-1) ?? ''}${piece}`]
}

/** A line ends with \n alone for the formatter, and a comment with \r as well. */
const OWN_COMMENT = /^(?:[^\S\n]*\/\/[^\n\r]*)+/

function formattedPiece(text: string): string {
  const answer = formatPolicies({ policyText: text, ...WIDTH })
  if (answer.type === 'failure') throw new UnreadablePolicy(answer.errors.map(({ message }) => message))
  return answer.formatted_policy.trimStart() // it begins a text without policies with an empty line
}

function isMoreThan(most: number, all: Iterable<unknown>): boolean {
  let count = 0
  for (const _ of all) if (++count > most) return true
  return false
}
