import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Builds the verifier into single files that depend on nothing: for Node, and for a browser. */
export async function buildVerifier(directory: string): Promise<void> {
  const shared = {
    bundle: true,
    minify: true,
    format: 'esm',
    legalComments: 'none',
    logLevel: 'warning',
  } as const
  await build({
    ...shared,
    entryPoints: [here('src/main.ts')],
    outfile: `${directory}/probity-verify.js`,
    platform: 'node',
    target: 'node20.12',
  })
  await build({
    ...shared,
    entryPoints: [here('src/browser.ts')],
    outfile: `${directory}/probity-verify-browser.js`,
    platform: 'browser',
    target: 'es2022',
  })
}

if (argv[1] === fileURLToPath(import.meta.url)) await buildVerifier(here('dist'))
