import { posix } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'

/**
 * A page of the repository links to files of it that are no pages, or, where it stands beside the documents and is shown
 * in one of them, by `docs/…`. The first become plain text, the others links within.
 */
export function stayInside(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('stay_inside', ({ tokens, env }) => {
    const folder = posix.dirname(env?.relativePath ?? 'index.md')
    for (const { children } of tokens) {
      const isDropped: boolean[] = []
      for (const token of children ?? []) {
        if (token.type === 'link_open') {
          const href = withinDocs(token.attrGet('href') ?? '', folder)
          isDropped.push(href === null)
          if (href === null) token.hidden = true
          else token.attrSet('href', href)
        } else if (token.type === 'link_close') token.hidden = isDropped.pop() === true
      }
      if (children) children.splice(0, children.length, ...children.filter((token) => !token.hidden))
    }
  })
}

/** Null: it leads out of the documents. */
function withinDocs(href: string, folder: string): string | null {
  if (/^([a-z]+:|\/|#|$)/.test(href)) return href
  if (href.startsWith('docs/')) return `/${href.slice('docs/'.length)}`
  const path = posix.join(folder, href)
  return path.startsWith('..') || !/(\.md|\/|^[^.]*)(#.*)?$/.test(path) ? null : href
}
