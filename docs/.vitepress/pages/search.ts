import { join, relative } from 'node:path'
import { ERROR_PAGES, type ErrorCode, TITLE } from '@probity/contract'
import { areas } from './areas.ts'

const DOCS = join(import.meta.dirname, '..', '..')

interface Section {
  anchor: string
  text: string
  /** Headings, from the page's down. */
  titles: string[]
}

/**
 * What the search finds on a page that is made at the build, of which it knows no file; null: it splits the page itself.
 * `file`: path of the page in the sources, as it would be.
 */
export function sectionsOf(file: string): Section[] | null {
  const [, folder, name = ''] = /^(errors|api)\/([\w-]+)\.md$/.exec(relative(DOCS, file)) ?? []
  if (name === 'index') return null
  if (folder === 'errors') return [ofError(name as ErrorCode)] // pages are made of these
  if (folder === 'api') return ofArea(name)
  return null
}

function ofError(code: ErrorCode): Section {
  const { means, remedy } = ERROR_PAGES[code]
  return { anchor: '', titles: [code], text: [TITLE[code], means, remedy].join('\n') }
}

function ofArea(name: string): Section[] {
  const { title, operations } = areas().find(({ area }) => area === name) ?? { title: name, operations: [] }
  return operations.map(({ method, path, operation }) => ({
    anchor: operation.operationId,
    titles: [title, `${method} ${path}`],
    text: operation.summary,
  }))
}
