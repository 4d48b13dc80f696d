import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

const FOLDER = join(import.meta.dirname, '..', '..', '..', '..', '.probity', 'console')
const MOST_BYTES = 150_000

interface Chunk {
  file: string
  imports?: string[]
  dynamicImports?: string[]
}

const manifest = (): Record<string, Chunk> => JSON.parse(readFileSync(join(FOLDER, '.vite', 'manifest.json'), 'utf8'))

/** All that has to be there before a chunk runs, itself among it. */
function needed(chunks: Record<string, Chunk>, name: string, known = new Set<string>()): Set<string> {
  if (known.has(name)) return known
  known.add(name)
  for (const one of chunks[name]?.imports ?? []) needed(chunks, one, known)
  return known
}

test('the shell is no more than 150 kB of JavaScript, gzipped', () => {
  const chunks = manifest()
  const names = needed(chunks, 'src/app/shell.tsx', needed(chunks, 'index.html'))
  const files = [...names].map((name) => chunks[name]?.file ?? '').filter((file) => file.endsWith('.js'))
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(FOLDER, file)), { level: 9 }).length, 0)
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes in ${files.length} files`)
})

test('charts, drawings, the editor and the verifier are loaded only where they are used', () => {
  const chunks = manifest()
  const always = needed(chunks, 'src/app/shell.tsx', needed(chunks, 'index.html'))
  for (const name of ['src/audit/histogram.tsx', 'src/audit/proof-tree.tsx', 'src/policies/policy-page.tsx'])
    assert.equal(always.has(name), false, name)
  const code = [...always].map((name) => readFileSync(join(FOLDER, chunks[name]?.file ?? ''), 'utf8')).join('\n')
  for (const sign of ['echarts', 'react-flow__', 'cm-content', 'ZodError', 'tlog-proof@v1'])
    assert.equal(code.includes(sign), false, sign)
})
