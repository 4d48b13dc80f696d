import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import './messages.ts'

test('what a schema refuses is said in words for whoever sent it', () => {
  const said = (schema: z.ZodType, value: unknown) =>
    schema.safeParse(value).error?.issues.map(({ message }) => message)
  const kinds = z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })])
  for (const [schema, value, sentence] of [
    [z.object({ name: z.string() }), {}, 'is missing'],
    [z.string(), 7, 'has to be a text'],
    [z.string().min(1), '', 'needs 1 character or more'],
    [z.string().max(3), 'abcd', 'may have 3 characters at most'],
    [z.array(z.string()).min(2), [], 'needs 2 entries or more'],
    [z.number().max(9), 10, 'may be 9 at most'],
    [z.number().min(1), 0, 'has to be 1 or more'],
    [z.enum(['on', 'off']), 'up', 'has to be "on" or "off"'],
    [kinds, { kind: 'c' }, 'has to be "a" or "b"'],
    [z.url(), 'example', 'is no address such as https://login.example.com'],
    [z.string('says its own'), 7, 'says its own'],
  ] as const)
    assert.deepEqual(said(schema, value), [sentence])
})
