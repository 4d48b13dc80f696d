import { z } from 'zod'

/** What the schemas say of a value that does not fit, in words for whoever sent it. A schema's own sentence goes before it. */
export function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'too_small')
    return boundOf('needs', issue.minimum, issue.origin, issue.inclusive === false ? 'and more' : 'or more')
  if (issue.code === 'too_big') return boundOf('may have', issue.maximum, issue.origin, 'at most')
  if (issue.code === 'invalid_type')
    return issue.input === undefined ? 'is missing' : `has to be ${NAMES[issue.expected] ?? issue.expected}`
  if (issue.code === 'invalid_value') return oneOf(issue.values)
  if (issue.code === 'invalid_union' && Array.isArray(issue.options)) return oneOf(issue.options)
  if (issue.code === 'invalid_format' && issue.format === 'url')
    return 'is no address such as https://login.example.com'
  return undefined
}

function oneOf(values: readonly unknown[]): string {
  return `has to be ${values.map((one) => JSON.stringify(one)).join(' or ')}`
}

const NAMES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

const COUNTED: Record<string, string> = { string: 'character', array: 'entry', set: 'entry' }

/** `needs 1 character or more`; of a number `has to be 1 or more`. */
function boundOf(verb: 'needs' | 'may have', bound: number | bigint, origin: string, which: string): string {
  const what = COUNTED[origin]
  if (what === undefined) return `${verb === 'needs' ? 'has to be' : 'may be'} ${bound} ${which}`
  return `${verb} ${bound} ${bound === 1 ? what : `${what.replace(/y$/, 'ie')}s`} ${which}`
}

z.config({ customError: sentenceOf })
