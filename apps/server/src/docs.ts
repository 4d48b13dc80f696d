import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StaticSite } from './platform/http/static-site.ts'

const FOLDER = fileURLToPath(new URL('../../../.probity/docs', import.meta.url))

/** The documents, as scripts/docs.ts built them. */
export function docsSite(): StaticSite {
  return {
    prefix: '/docs',
    folder: FOLDER,
    digestNamed: 'assets/',
    policy: { inlineScripts: inlineScripts() },
    unknown: 'page',
    missing: 'The documents are not built here: start the server by ./probity up, or run scripts/docs.ts.',
  }
}

/** Digests that the build wrote beside the pages, whose scripts they are of. */
function inlineScripts(): string[] {
  try {
    return JSON.parse(readFileSync(join(FOLDER, 'inline-scripts.json'), 'utf8'))
  } catch {
    return [] // no site, which is told to whoever comes
  }
}
