import { formatPolicies } from '@cedar-policy/cedar-wasm/nodejs'
import { FORMATTED } from './height.ts'
import { requireParsable, UnreadablePolicy } from './text.ts'

const WIDTH = { lineWidth: 100, indentWidth: 2 }

/** Policies and templates as Cedar's own formatter writes them, with their comments. Throws UnreadablePolicy. */
export function formatted(text: string, most: number): string {
  requireParsable(text, most, FORMATTED)
  const answer = formatPolicies({ policyText: text, ...WIDTH })
  if (answer.type === 'failure') throw new UnreadablePolicy(answer.errors.map(({ message }) => message))
  return answer.formatted_policy.trimStart() // it begins a text without policies with an empty line
}
