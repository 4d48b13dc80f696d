import { readFile } from 'node:fs/promises'
import { type Probity, ProbityError } from '@probity/sdk'
import { CLIENT_OPTIONS, client } from '../client.ts'
import type { Command } from '../command.ts'
import { failureOf } from '../failure.ts'
import { reason, writeOut } from '../file.ts'
import { EXIT, plural, result, UnavailableError } from '../output.ts'

export const policyFormat: Command = {
  name: 'policy format',
  usage: 'FILES [--check] [--json]',
  about: 'Write policies of Cedar in files as Cedar’s own formatter does; comments stay',
  more: 'With --check nothing is written: files that would change are named, and it ends with 1 where there are any.',
  example: 'probity policy format policies/*.cedar --check',
  options: { ...CLIENT_OPTIONS, check: { type: 'boolean' } },
  words: { least: 1, most: 1000 },
  async run(given) {
    const server = client(given)
    const isCheck = given.options.check === true
    const files = await Promise.all(given.words.map(async (file) => ({ file, text: await readText(file) })))
    const formatted = []
    for (const one of files) formatted.push(await formatOne(server, one))
    const changed = formatted.filter(({ isChanged }) => isChanged)
    if (!isCheck) for (const { file, text } of changed) await writeOut(file, text)
    const unreadable = formatted.filter(({ error }) => error !== null)
    const told = isCheck ? 'would change' : 'changed'
    const lines = [
      ...changed.map(({ file }) => `${file}  ${told}`),
      ...unreadable.map(({ file, error }) => `${file}  ${error}`),
      `${plural(changed.length, 'file')} of ${files.length} ${told}.`,
    ]
    const shown = formatted.map(({ file, isChanged, error }) => ({ file, changed: isChanged, error }))
    result(given.options.json === true, { changed: changed.length, files: shown }, lines)
    return unreadable.length > 0 || (isCheck && changed.length > 0) ? EXIT.failed : EXIT.done
  },
}

async function formatOne(server: Probity, { file, text }: { file: string; text: string }) {
  try {
    const { cedar } = await server.formatPolicy(text)
    return { file, text: cedar, isChanged: cedar !== text, error: null }
  } catch (error) {
    if (error instanceof ProbityError && error.code === 'VALIDATION_FAILED')
      return { file, text, isChanged: false, error: failureOf(error).message }
    throw error
  }
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new UnavailableError(`the file ${path} cannot be read: ${reason(error)}`)
  })
}
