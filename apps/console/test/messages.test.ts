import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type MessageFormatElement, parse, TYPE } from '@formatjs/icu-messageformat-parser'

const SOURCES = join(import.meta.dirname, '..', 'src')
const PARTS = globSync('*/messages.en.json', { cwd: SOURCES }).map((file) => file.split('/')[0] ?? '')

const textsOf = (part: string, locale: string): Record<string, string> =>
  JSON.parse(readFileSync(join(SOURCES, part, `messages.${locale}.json`), 'utf8'))

/** Names of what a message takes, those within its plurals among them. */
function valuesOf(elements: readonly MessageFormatElement[]): string[] {
  const names = elements.flatMap((element) => {
    if (element.type === TYPE.literal || element.type === TYPE.pound) return []
    if (element.type === TYPE.plural || element.type === TYPE.select)
      return [element.value, ...Object.values(element.options).flatMap(({ value }) => valuesOf(value))]
    return 'value' in element ? [String(element.value)] : []
  })
  return [...new Set(names)].sort()
}

for (const part of PARTS)
  test(`${part}: each text is there in both languages, takes the same values, and is used`, () => {
    const [en, de] = [textsOf(part, 'en'), textsOf(part, 'de')]
    assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort())
    for (const [key, text] of Object.entries(en))
      assert.deepEqual(
        valuesOf(parse(de[key] ?? '', { ignoreTag: true })),
        valuesOf(parse(text, { ignoreTag: true })),
        key,
      )
    const code = globSync('**/*.{ts,tsx}', { cwd: SOURCES })
      .map((file) => readFileSync(join(SOURCES, file), 'utf8'))
      .join('\n')
    const unused = Object.keys(en).filter((key) => !isUsed(code, key))
    assert.deepEqual(unused, [])
  })

/** By its whole name, or by one that is put together: `state.${state}`. */
function isUsed(code: string, key: string): boolean {
  if (code.includes(`'${key}'`)) return true
  const parts = key.split('.')
  const [first = '', last = ''] = [parts.slice(0, -1).join('.'), parts.at(-1) ?? '']
  return (
    code.includes(`\`${first}.\${`) ||
    code.includes(`\`${key.slice(0, key.lastIndexOf('_') + 1)}\${`) ||
    (code.includes(`\${`) && code.includes(`'${first}.`) && code.includes(`.${last}'`))
  )
}
