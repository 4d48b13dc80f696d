// Builds the documents into .probity/docs, where the server takes them from; nothing where they are of these sources already.
import { createHash } from 'node:crypto'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, pid } from 'node:process'
import { fileURLToPath } from 'node:url'
import { builtSite, ROOT } from './built-site.ts'

/** Answers the folder. */
export function builtDocs(): Promise<string> {
  return builtSite({
    name: 'docs',
    sources: [
      'docs/**/*.{md,ts}',
      'docs/.vitepress/{*.ts,{theme,drawings,pages}/*.*}',
      '{SECURITY,README}.md',
      'packages/contract/src/**/*.ts',
      // Routes and settings, of which pages are made.
      'apps/server/src/{routes,operations,config}.ts',
      'apps/server/src/domains/**/*routes.ts',
      'apps/server/src/platform/http/openapi.ts',
    ],
    async build(outDir) {
      const { build } = await import('vitepress')
      await build(join(ROOT, 'docs'), {
        outDir,
        // What it writes on the way is its own: two may build at the same time.
        onAfterConfigResolve(config) {
          config.tempDir = join(ROOT, '.probity', `docs-on-the-way.${pid}`)
        },
      })
      writeFileSync(join(outDir, 'inline-scripts.json'), JSON.stringify(inlineScripts(outDir)))
    },
  })
}

/** Digests of the scripts that stand in the pages, as a content security policy names them. */
function inlineScripts(folder: string): string[] {
  const digests = new Set<string>()
  for (const page of globSync('**/*.html', { cwd: folder }))
    for (const [, attributes = '', script = ''] of readFileSync(join(folder, page), 'utf8').matchAll(SCRIPT))
      if (!/\bsrc=/.test(attributes)) digests.add(`sha256-${createHash('sha256').update(script).digest('base64')}`)
  return [...digests].sort()
}

const SCRIPT = /<script\b([^>]*)>(.*?)<\/script>/gs

if (argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await builtDocs()}\n`)
