import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..', '..', '..')
export const SITE = join(ROOT, '.probity', 'docs')

/** HTML of the built pages by their address below /docs/, as people have it. */
export function builtPages(): Map<string, string> {
  const files = globSync('**/*.html', { cwd: SITE })
  return new Map(files.map((file) => [addressOf(file), readFileSync(join(SITE, file), 'utf8')]))
}

/** Whether a file of the site has the address. */
export function isThere(path: string): boolean {
  return existsSync(join(SITE, path))
}

function addressOf(file: string): string {
  return file.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')
}

/** Values of an attribute, of all tags of a kind. */
export function attributes(html: string, tags: string, name: string): string[] {
  const tag = new RegExp(`<(?:${tags})\\b[^>]*?\\s${name}="([^"]*)"`, 'g')
  return [...html.matchAll(tag)].map((match) => (match[1] ?? '').replaceAll('&amp;', '&'))
}

/** What a reader sees of a page. */
export function readText(html: string): string {
  return html
    .replaceAll(/<(script|style)\b.*?<\/\1>/gs, '')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}

export interface CodeBlock {
  /** From the root, such as docs/index.md. */
  page: string
  language: string
  text: string
}

/** Code blocks of all documents and of the README, by what stands behind their fence. */
export function codeBlocks(): CodeBlock[] {
  return ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT }).sort()].flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```(\w*)\n(.*?)^```/gms)].map(
      ([, language = '', text = '']) => ({ page, language, text }),
    ),
  )
}
