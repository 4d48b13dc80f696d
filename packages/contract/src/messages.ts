import { z } from 'zod'

/** What the schemas say of a value that does not fit, in words for whoever sent it. A schema's own sentence goes before it. */
export function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'too_small')
    return `needs ${countOf(issue.minimum, issue.origin)} ${issue.inclusive === false ? 'and more' : 'or more'}`
  if (issue.code === 'too_big') return `may have ${countOf(issue.maximum, issue.origin)} at most`
  if (issue.code === 'invalid_type')
    return issue.input === undefined ? 'is missing' : `has to be ${NAMES[issue.expected] ?? issue.expected}`
  if (issue.code === 'invalid_value') return `has to be ${issue.values.map((one) => JSON.stringify(one)).join(' or ')}`
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined)
    return `${issue.discriminator} is none that is known`
  if (issue.code === 'invalid_format' && issue.format === 'url')
    return 'is no address such as https://login.example.com'
  return undefined
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

/** `1 character`, `2 entries`; of a number itself. */
function countOf(count: number | bigint, origin: string): string {
  const what = COUNTED[origin]
  if (what === undefined) return String(count)
  return count === 1 ? `1 ${what}` : `${count} ${what.replace(/y$/, 'ie')}s`
}

z.config({ customError: sentenceOf })
