import { realpathSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'

const LAUNCHER = join(import.meta.dirname, '..', '..', '..', 'probity')

/**
 * How the launcher is called from here, so that a hint can be pasted: by name where it is on the PATH, else by its
 * path. The launcher starts us by our own file, so that what was typed is not in our arguments.
 */
export function program(): string {
  const own = target(LAUNCHER)
  if (own === null) return 'probity'
  const onPath = (process.env.PATH ?? '').split(delimiter).some((folder) => target(join(folder, 'probity')) === own)
  if (onPath) return 'probity'
  if (target('probity') === own) return './probity'
  const near = relative(process.cwd(), LAUNCHER)
  const nearest = near.startsWith('.') ? near : `./${near}`
  return quote(nearest.length < LAUNCHER.length ? nearest : LAUNCHER)
}

/** A word as a shell takes it back. */
export function quote(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function target(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
