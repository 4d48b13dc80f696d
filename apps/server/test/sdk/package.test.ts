import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { build } from 'esbuild'
import { publint } from 'publint'
import { PUBLISHED } from '../../../../scripts/package.ts'
import { RUNTIMES } from '../../../../scripts/packages.ts'
import { type TestServer, testServer } from '../support/server.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')
const LARGEST_KILOBYTES = 15
const run = promisify(execFile)

let folder: string
let server: TestServer
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'probity-packages-'))
  const made = join(folder, 'made')
  const { stdout } = await run(join(ROOT, 'scripts', 'package'), [made]) // whichever Node comes first in PATH
  assert.deepEqual(
    stdout.trim().split('\n'),
    PUBLISHED.map((name) => join(made, name)),
  )
  await asInstalled()
  server = await testServer()
})
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

/** As npm would lay them out, with what they depend on. */
async function asInstalled(): Promise<void> {
  const modules = join(folder, 'node_modules')
  await mkdir(modules, { recursive: true })
  for (const name of PUBLISHED)
    await cp(join(folder, 'made', name), join(modules, '@probity', name), { recursive: true })
  for (const name of ['@noble', '@types', 'zod', 'fastify', 'hono'])
    await symlink(join(ROOT, 'node_modules', name), join(modules, name))
}

for (const name of PUBLISHED)
  test(`@probity/${name} is a package as npm and TypeScript take it`, async () => {
    const pkgDir = join(folder, 'made', name)
    const { messages } = await publint({ pkgDir, strict: true })
    assert.deepEqual(messages, [])
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: pkgDir })
    const [{ filename, files }] = JSON.parse(stdout)
    assert.ok(files.every(({ path }: { path: string }) => !path.endsWith('.ts') || path.endsWith('.d.ts')))
    const checked = await checkPackage(createPackageFromTarballData(await readFile(join(folder, filename))))
    assert.ok(checked.types)
    // They are ES modules, which CommonJS asks for by import(); Node 10 and its kind know no exports.
    const problems = checked.problems.filter(
      (one) => one.kind !== 'CJSResolvesToESM' && !('resolutionKind' in one && one.resolutionKind === 'node10'),
    )
    assert.deepEqual(problems, [])
  })

test('the client is smaller than 15 kB, compressed', async () => {
  const entry = join(folder, 'made', 'sdk', 'src', 'index.js')
  const settings = { bundle: true, minify: true, format: 'esm', write: false, platform: 'browser' } as const
  const { outputFiles } = await build({ ...settings, entryPoints: [entry] })
  const kilobytes = gzipSync(outputFiles[0]?.contents ?? '').length / 1000
  assert.ok(kilobytes < LARGEST_KILOBYTES, `${kilobytes} kB`)
})

/** What an application does first. */
const PROGRAM = `
  import { EventQueue, Probity } from '@probity/sdk'
  import { FileSpool } from '@probity/sdk/node'
  import { verifyReceipt } from '@probity/sdk/verify'
  const [url, token, spool, resource] = process.argv.slice(2)
  const client = new Probity({ url, token })
  const queue = new EventQueue({ client, spool: new FileSpool(spool) })
  await queue.add({ event_type: 'runtime.tried', resource })
  await queue.close()
  let event
  while (!event) for await (const one of client.events({ resource })) event = one
  const { keys } = await client.key()
  const receipt = await client.receipt(event.id)
  const forged = receipt.replace(/[A-Za-z](?=[^A-Za-z]*$)/, (letter) => (letter === 'A' ? 'B' : 'A'))
  console.log(JSON.stringify([verifyReceipt(receipt, keys).verified, verifyReceipt(forged, keys).verified]))
`

for (const { name, program, words } of [{ name: 'the newest Node', program: process.execPath, words: [] }, ...RUNTIMES])
  test(`${name} sends an event and verifies its receipt`, {
    skip: existsSync(program) ? false : `${name} is not installed`,
  }, async () => {
    const script = join(folder, 'program.mjs')
    await writeFile(script, PROGRAM)
    const given = [server.url, server.token, join(folder, `spool ${name}`), `runtime/${name}`]
    const { stdout } = await run(program, [...words, script, ...given], { cwd: folder, env: { HOME: folder } })
    assert.equal(stdout.trim(), '[true,false]')
  })

test('what TypeScript sees of the client are the types of the contract', async () => {
  const source = `
    import { Probity } from '@probity/sdk'
    const client = new Probity({ url: 'http://server.example' })
    const { authorized } = await client.authorize({ action: 'read', resource: 'document/1' })
    export const answer: boolean = authorized
    // @ts-expect-error: it is no number
    export const wrong: number = authorized
    for await (const user of client.users()) user.email.trim()
  `
  assert.equal(await told(source), '')
})

/** What stands in front of each application's handlers. */
const IN_FRONT = `
  const queue = { add: async () => {} }
  const client = new Probity({ url: 'http://server.example' })
  const permission = { action: 'read', resource: () => 'document/1' }
  const session = sessions({ issuer: 'http://server.example/oidc/x', clientId: 'a' })
  const probity = guard({ client, subject: session.subject, steppedUp: session.steppedUp })
`

test('to TypeScript a handler of Express may answer whatever it likes behind them', async () => {
  const source = `
    import { Probity } from '@probity/sdk'
    import { audit, guard, sessions } from '@probity/sdk/express'
    import express, { type Request } from 'express'
    ${IN_FRONT}
    const app = express()
    const ofDocument = guard<Request<{ id: string }>>({ client, subject: session.subject })
    app.use(audit({ queue }), session.identify)
    app.get('/', session.identify, (q, r) => { r.json({ hello: 1 }) })
    app.get('/', session.require(), (q, r) => { r.json({ hello: q.probitySession?.userId }) })
    app.get('/', audit({ queue }), (q, r) => { r.status(201).json({ hello: 1 }) })
    app.get('/', probity.require(permission), (q, r) => { r.send({ hello: q.probity?.decisionId }) })
    app.get('/:id', audit({ queue }), session.require(), probity.require(permission), (q, r) => { r.json([q.params.id.trim()]) })
    app.get('/:id', session.identify, ofDocument.require(permission), (q, r) => { r.json({ id: q.params.id.trim() }) })
    app.get<{ id: string }, { hello: number }>('/:id', session.require(), (q, r) => {
      r.json({ hello: 1 })
      // @ts-expect-error: it answers with a number
      r.json({ hello: 'x' })
    })
    app.use((error: unknown, q: express.Request, r: express.Response, next: express.NextFunction) => { r.json({ hello: 1 }) })
  `
  assert.equal(await told(source), '')
})

test('to TypeScript a handler of Fastify may answer whatever it likes behind them', async () => {
  const source = `
    import { Probity } from '@probity/sdk'
    import { audit, guard, sessions } from '@probity/sdk/fastify'
    import { fastify } from 'fastify'
    ${IN_FRONT}
    const app = fastify()
    app.addHook('onRequest', audit({ queue }))
    app.addHook('onRequest', session.identify)
    app.get('/', { onRequest: session.identify }, async () => ({ hello: 1 }))
    app.get('/', { onRequest: audit({ queue }) }, (q, r) => { r.code(201).send({ hello: 1 }) })
    app.get('/', { onRequest: session.require(), preHandler: probity.require(permission) }, async (q) => ({ hello: q.probity }))
    app.get<{ Reply: { hello: number } }>('/', { onRequest: [audit({ queue }), session.require()] }, async () => ({ hello: 1 }))
    app.get<{ Params: { id: string }; Reply: { 200: { hello: number } } }>(
      '/:id',
      { onRequest: session.identify, preHandler: [probity.require(permission)] },
      async (q, r) => r.code(200).send({ hello: q.params.id.length }),
    )
  `
  assert.equal(await told(source), '')
})

test('to TypeScript a handler of Hono may answer whatever it likes behind them', async () => {
  const source = `
    import { Probity } from '@probity/sdk'
    import { audit, guard, type Guarded, sessions } from '@probity/sdk/hono'
    import { Hono } from 'hono'
    ${IN_FRONT}
    const app = new Hono<Guarded>()
    app.use(audit({ queue }), session.identify)
    app.get('/', session.identify, (c) => c.json({ hello: 1 }))
    app.get('/', session.require(), (c) => c.json({ hello: c.get('probitySession').userId }))
    app.get('/', audit({ queue }), (c) => c.json({ hello: 1 }, 201))
    app.get('/:id', session.require(), probity.require(permission), (c) => c.json({ id: c.req.param('id').trim() }))
    const plain = new Hono()
    plain.get('/', audit({ queue }), session.require(), probity.require(permission), (c) => c.json({ hello: 1 }))
  `
  assert.equal(await told(source), '')
})

/** What the compiler says of a program, as strict as it can be. */
async function told(source: string): Promise<string> {
  await writeFile(join(folder, 'typed.mts'), source)
  const compilerOptions = {
    ...{ noEmit: true, strict: true, target: 'es2022', module: 'nodenext', types: ['node'] },
    skipLibCheck: true, // of what is not ours
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.mts'] }))
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await run(process.execPath, [compiler, '-p', folder], { cwd: folder }).catch(
    (failure: { stdout: string }) => failure,
  )
  return stdout
}
