import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { type CodeBlock, codeBlocks, ROOT } from './pages.ts'

const BLOCKS = codeBlocks()

/** What the blocks of a page take from the application of whoever reads it, and say nothing of. */
const GIVEN: Record<string, string> = {
  'docs/recipes/decide-for-your-application.md': `
import { Probity } from '@probity/sdk'
import { guard } from '@probity/sdk/express'
import express, { type Request as Asked, type RequestHandler } from 'express'
type Request = Asked & { session?: { userId: string } }
declare const handler: RequestHandler
declare const url: string
declare const session: { access_token: string }
const app = express()
`,
  'docs/sdk.md': `
declare global {
  var client: import('@probity/sdk').Probity
  var eventId: string
  var queue: import('@probity/sdk').EventQueue
  var app: import('express').Express
  var issuer: string
  var clientId: string
  var clientSecret: string
  var front: import('express').RequestHandler
  var document: import('express').RequestHandler
  var payment: import('express').RequestHandler
}
`,
}

test('TypeScript in the documents fits the SDK, and a name that it does not have is found', () => {
  const blocks = BLOCKS.filter(({ language }) => language === 'ts')
  assert.ok(blocks.length >= 3)
  assert.deepEqual(faultsOf(blocks), [])
  const [first] = blocks
  assert.ok(first)
  const wrong = { ...first, text: `import { Probity } from '@probity/sdk'\nnew Probity({ url: 1 }).recordAll()\n` }
  assert.equal(faultsOf([wrong]).length, 2)
})

test('JSON in the documents can be read', () => {
  const blocks = BLOCKS.filter(({ language }) => language === 'json')
  assert.ok(blocks.length >= 1)
  for (const { page, text } of blocks) assert.doesNotThrow(() => JSON.parse(text), `${page}: ${text}`)
})

test('every command stands on a page that a test walks, and no block is of a language that nothing looks at', () => {
  const walked = readFileSync(join(ROOT, 'apps', 'cli', 'test', 'readme.test.ts'), 'utf8')
  for (const { page, language } of BLOCKS) {
    assert.ok(['', 'sh', 'ts', 'json', 'yaml'].includes(language), `${page}: ${language}`)
    if (language === 'sh') assert.ok(walked.includes(`'${page}'`), `${page} has commands that no test runs`)
  }
})

/** What the compiler says of each block, put behind what its page takes as given. */
function faultsOf(blocks: readonly CodeBlock[]): string[] {
  const texts = new Map(
    blocks.map(({ page, text }, i) => [
      join(import.meta.dirname, `block-${i}.ts`),
      `${GIVEN[page] ?? ''}\n${text}\nexport {}`,
    ]),
  )
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    ROOT,
  )
  const settings = { ...options, noUnusedLocals: false }
  const host = ts.createCompilerHost(settings)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (file) => texts.has(file) || fileExists(file)
  host.readFile = (file) => texts.get(file) ?? readFile(file)
  host.getSourceFile = (file, version, ...rest) => {
    const text = texts.get(file)
    return text === undefined
      ? getSourceFile.call(host, file, version, ...rest)
      : ts.createSourceFile(file, text, version)
  }
  const program = ts.createProgram([...texts.keys()], settings, host)
  return [...texts.keys()].flatMap((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  )
}
