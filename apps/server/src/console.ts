import { fileURLToPath } from 'node:url'
import type { StaticSite } from './platform/http/static-site.ts'

const FOLDER = fileURLToPath(new URL('../../../.probity/console', import.meta.url))

/** The console, at the root: each route of the server's goes first. `publicUrl`: where browsers reach it, perhaps below a path. */
export function consoleSite(publicUrl: () => string): StaticSite {
  return {
    prefix: '',
    folder: FOLDER,
    digestNamed: 'assets/',
    policy: { inlineScripts: [], others: { 'base-uri': "'self'", 'img-src': "'self' data: blob:" } },
    unknown: 'single-page',
    page: (html) => html.replace('<head>', `<head>\n    <base href="${pathOf(publicUrl())}" />`),
    missing:
      'The console is not built here: start the server by ./probity up, or run scripts/console.ts. The API is there.',
  }
}

function pathOf(url: string): string {
  return `${new URL(url).pathname.replace(/\/+$/, '')}/`
}
