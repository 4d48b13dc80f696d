// The layout rules that are not about imports (ARCHITECTURE.md, invariants). Says what breaks which rule; exit 1.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const MOST_LINES = 400
const MEDIAN_LINES = 150

/** Files that may be longer, each with its reason. */
const LONGER = { 'apps/server/sql/schema.sql': 'written by scripts/schema.ts: all that the migrations lead to' }

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter(Boolean)
const text = (file) => {
  try {
    return readFileSync(join(ROOT, file), 'utf8')
  } catch {
    return ''
  }
}
const source = files.filter((file) => /\.(ts|mjs|sql|sh)$/.test(file))
const production = source.filter((file) => file.endsWith('.ts') && !/\.test\.ts$|\/test\//.test(file))
const faults = []
const fault = (file, message) => faults.push(`${file}: ${message}`)

for (const file of source) {
  const lines = text(file).split('\n')
  if (lines.length > MOST_LINES && !(file in LONGER)) fault(file, `${lines.length} lines; at most ${MOST_LINES}`)
  if (/^(utils?|helpers?|common|misc)\b/.test(basename(file))) fault(file, 'a name that says nothing')
  lines.forEach((line, i) => {
    const at = `${file}:${i + 1}`
    if (file === 'scripts/tidy.mjs') return
    if (/\bselect\s+\*/i.test(line)) fault(at, 'select * hides what is read')
    if (/\b(TODO|FIXME)\b(?!.{10,})/.test(line)) fault(at, 'a TODO without an explanation')
    if (/biome-ignore(?! \S+: \S)|@ts-expect-error\s*$|@ts-ignore|@ts-nocheck/.test(line))
      fault(at, 'a suppression without its reason')
  })
}

for (const file of files.filter((name) => !/package-lock\.json$|\.(png|ico)$/.test(name))) {
  if (file === 'scripts/tidy.mjs') continue
  const content = text(file)
  if (/\/work\/[a-z.]/.test(content) || (!/\.test\.ts$/.test(file) && /\/(root|home)\/[a-z]/.test(content)))
    fault(file, 'names a path of one machine')
  if (/registry\.[a-z]+\.(org|com)|\bdeb\.debian\.org/.test(content)) fault(file, "names a registry's host")
}
if (/"resolved": "http/.test(text('package-lock.json'))) fault('package-lock.json', "names a registry's host")

const STATEMENT =
  /(`|')\s*(SELECT\s+[\w"(]|INSERT INTO\s|UPDATE\s+\w+\s+SET\s|DELETE FROM\s|CREATE (TABLE|ROLE|DATABASE)\s)/
for (const file of production) {
  // A benchmark's other contestants are tables of their own, and it looks at the product's from outside.
  if (/^bench\/|^apps\/server\/src\/platform\/|\/store(-[a-z]+)?\.ts$/.test(file)) continue
  text(file)
    .split('\n')
    .forEach((line, i) => {
      if (STATEMENT.test(line)) fault(`${file}:${i + 1}`, 'SQL belongs into sql/, store.ts or platform/')
    })
}

const lengths = production.map((file) => text(file).split('\n').length).sort((a, b) => a - b)
const median = lengths[Math.floor(lengths.length / 2)] ?? 0
if (median >= MEDIAN_LINES) faults.push(`the median file has ${median} lines; less than ${MEDIAN_LINES} is the rule`)

for (const line of faults) process.stdout.write(`${line}\n`)
process.exit(faults.length > 0 ? 1 : 0)
