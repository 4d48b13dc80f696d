// Builds the console into .probity/console, where the server takes it from; nothing where it is of these sources already.
import { createHash } from 'node:crypto'
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, pid } from 'node:process'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'vite'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, '.probity', 'console')
/** Digest of what it was built from. */
const MADE_OF = '.made-of'
const SOURCES = [
  'apps/console/{src,public,build}/**/*.*',
  'apps/console/*.{ts,html,json}',
  'packages/{sdk,contract,core,verifier}/src/**/*.ts',
  'package-lock.json',
]
const COMPRESSED = /\.(js|css|svg|json)$/

/** Answers the folder. */
export async function builtConsole(): Promise<string> {
  const digest = digestOfSources()
  if (digest === known()) return FOLDER
  // Beside, and then in its place: who builds at the same time, or is cut off, leaves nothing half done.
  const made = `${FOLDER}.${pid}`
  await build({
    configFile: join(ROOT, 'apps', 'console', 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: made },
  })
  compress(made)
  writeFileSync(join(made, MADE_OF), digest)
  rmSync(FOLDER, { recursive: true, force: true })
  renameSync(made, FOLDER)
  return FOLDER
}

function digestOfSources(): string {
  const hash = createHash('sha256')
  for (const file of globSync(SOURCES, { cwd: ROOT }).sort())
    hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)))
  return hash.digest('hex')
}

function known(): string {
  try {
    return readFileSync(join(FOLDER, MADE_OF), 'utf8')
  } catch {
    return ''
  }
}

/** Beside each file what the server sends of it to who can read that. */
function compress(folder: string): void {
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
  for (const file of globSync('assets/*', { cwd: folder }).filter((name) => COMPRESSED.test(name))) {
    const bytes = readFileSync(join(folder, file))
    writeFileSync(join(folder, `${file}.br`), brotliCompressSync(bytes, options))
    writeFileSync(join(folder, `${file}.gz`), gzipSync(bytes, { level: 9 }))
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await builtConsole()}\n`)
