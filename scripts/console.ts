// Builds the console into .probity/console, where the server takes it from; nothing where it is of these sources already.
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { builtSite, ROOT } from './built-site.ts'

/** Answers the folder. */
export function builtConsole(): Promise<string> {
  return builtSite({
    name: 'console',
    sources: [
      'apps/console/{src,public,build}/**/*.*',
      'apps/console/*.{ts,html,json}',
      'packages/{sdk,contract,core,verifier}/src/**/*.ts',
    ],
    async build(outDir) {
      const { build } = await import('vite')
      const configFile = join(ROOT, 'apps', 'console', 'vite.config.ts')
      await build({ configFile, logLevel: 'warn', build: { outDir } })
    },
  })
}

if (argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await builtConsole()}\n`)
