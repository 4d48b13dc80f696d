import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const DOCS = join(import.meta.dirname, '..', '..')

/** Pages of a folder under its own name, in order of their place (`order` at their top) and name. */
export function pagesIn(folder: string): { text: string; link: string }[] {
  let files: string[] = []
  try {
    files = readdirSync(join(DOCS, folder))
  } catch {
    return []
  }
  return files
    .filter((file) => file.endsWith('.md') && file !== 'index.md')
    .map((file) => ({ file, page: readFileSync(join(DOCS, folder, file), 'utf8') }))
    .map(({ file, page }) => ({
      file,
      text: titleOf(page, file),
      order: Number(/^order: (\d+)$/m.exec(page)?.[1] ?? 0),
    }))
    .sort((a, b) => a.order - b.order || (a.file < b.file ? -1 : 1))
    .map(({ file, text }) => ({ text, link: `/${folder}/${file.replace(/\.md$/, '')}` }))
}

function titleOf(page: string, file: string): string {
  return /^# (.+)$/m.exec(page)?.[1] ?? file
}
