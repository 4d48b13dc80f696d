// Makes the packages that are published: `scripts/package FOLDER` writes each as npm takes it, as ES modules with types.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Each after those that it depends on. */
export const PUBLISHED = ['core', 'contract', 'verifier', 'sdk'] as const

interface Declared {
  name: string
  version: string
  license: string
  description: string
  type: 'module'
  exports: Record<string, string>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, object>
}

/** Writes them below a folder, which is made anew; answers their folders. Throws what the compiler says. */
async function makePackages(folder: string): Promise<string[]> {
  await rm(folder, { recursive: true, force: true })
  compile(folder)
  const made: string[] = []
  for (const name of PUBLISHED) {
    const declared = JSON.parse(await readFile(join(ROOT, 'packages', name, 'package.json'), 'utf8')) as Declared
    const target = join(folder, name)
    await mkdir(target, { recursive: true })
    await writeFile(join(target, 'package.json'), `${JSON.stringify(published(declared), null, 2)}\n`)
    await writeFile(join(target, 'LICENSE'), await readFile(join(ROOT, 'LICENSE')))
    made.push(target)
  }
  return made
}

function compile(folder: string): void {
  const settings = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(settings.config, ts.sys, ROOT)
  const entries = PUBLISHED.flatMap((name) =>
    ts.sys.readDirectory(join(ROOT, 'packages', name, 'src'), ['.ts'], ['**/*.test.ts', '**/main.ts']),
  )
  const program = ts.createProgram(entries, {
    ...options,
    ...{ noEmit: false, declaration: true, rootDir: join(ROOT, 'packages'), outDir: folder },
    ...{ target: ts.ScriptTarget.ES2022, allowImportingTsExtensions: true, incremental: false },
  })
  const told = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics]
  if (told.length > 0)
    throw new Error(
      ts.formatDiagnostics(told, {
        getCanonicalFileName: (name) => name,
        getCurrentDirectory: () => ROOT,
        getNewLine: () => '\n',
      }),
    )
}

function published({ exports, ...declared }: Declared) {
  const compiled = (path: string, ending: string) => path.replace(/\.ts$/, ending)
  return {
    ...{ ...declared, sideEffects: false },
    engines: { node: '>=20' },
    exports: Object.fromEntries(
      Object.entries(exports).map(([entry, path]) => [
        entry,
        { types: compiled(path, '.d.ts'), default: compiled(path, '.js') },
      ]),
    ),
    files: ['src', 'LICENSE'],
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = argv.slice(2)
  if (folder === undefined) throw new Error('name the folder that they are written to')
  for (const made of await makePackages(folder)) process.stdout.write(`${made}\n`)
}
