import { statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Failure, UnavailableError } from './output.ts'

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'the name is too long',
}

/** Why the system refused a file, in words. */
export function reason(error: unknown): string {
  const code = codeOf(error)
  return REASONS[code] ?? (code || (error instanceof Error ? error.message : String(error)))
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** The text of a file, without the end of its last line: a secret, which stands on no command line. */
export async function readLine(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UnavailableError(`the file ${path} cannot be read: ${reason(error)}`)
  })
  return text.replace(/\r?\n$/, '')
}

/** Writes what was asked for with --out. */
export async function writeOut(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error: unknown) => {
    throw cannotWrite(path, error)
  })
}

export function cannotWrite(path: string, error: unknown): Failure {
  const nowhere = isFolder(dirname(path)) ? 'nothing can be made there' : `there is no folder ${dirname(path)}`
  const why = codeOf(error) === 'ENOENT' ? nowhere : reason(error)
  return new Failure('NOT_WRITTEN', `${path} cannot be written: ${why}`)
}

/** Whether a path is that of a folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
