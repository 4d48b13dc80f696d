import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url))

/** Path of a folder or file of the vectors that nobody in this project wrote. */
export function sharedData(path: string): string {
  return root + path
}

/** Why a test of these vectors is skipped; false when they are there. */
export function missing(path: string): string | false {
  return existsSync(sharedData(path)) ? false : `../shared/data/${path} is absent`
}

/** Paths of all JSON files in a folder of the vectors. */
export function jsonFiles(folder: string): string[] {
  if (missing(folder)) return []
  const names = readdirSync(sharedData(folder), { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.json')).map((name) => `${sharedData(folder)}/${name}`)
}
