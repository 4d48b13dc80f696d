import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'

// Events as products write them: shapes and sizes are those of real records, which are read where they lie and never
// copied here; ids, addresses, times and actors are drawn anew for each event, from one seed.

const SHARED = join(import.meta.dirname, '..', '..', '..', 'shared')
const ACTORS = 5_000
const OUTCOMES = ['Success', 'Success', 'Success', 'Success', 'Failure', 'Information', 'Warning']

/** Actors, as every contestant meets them: who acts often is drawn often. */
export function actorName(i: number): string {
  return `user-${i}@example.org`
}
export const ACTOR_COUNT = ACTORS

/** A source of numbers from a seed: mulberry32. */
export function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** Makes lines of events, the same for the same seed. */
export class Events {
  readonly #templates: Template[]
  readonly #below: (below: number) => number
  readonly #sealed: boolean
  #made = 0

  constructor(templates: Template[], seed: number, sealed: boolean) {
    this.#templates = templates
    this.#below = numbers(seed)
    this.#sealed = sealed
  }

  /** One event of our own format; with two personal fields (who, and their address), or with none. */
  next(): string {
    const below = this.#below
    const template = this.#templates[below(this.#templates.length)] as Template
    const who = Math.floor(ACTORS * (below(1000) / 1000) ** 3) // some act far more than others
    const actor = actorName(who)
    const at = new Date(Date.UTC(2026, 0, 1) + this.#made++ * 1000 + below(1000)).toISOString()
    const actedBy = this.#sealed
      ? `"user_id":"${actor}","ip_address":"${addressOf(who, below(8))}",`
      : `"user_id":"${actor}","actor_type":"service",`
    return (
      `{"event_type":${template.type},${actedBy}"occurred_at":"${at}","action":${template.type},` +
      `"resource":"resource/${below(20_000)}","outcome":"${OUTCOMES[below(OUTCOMES.length)]}",` +
      `"risk_score":${below(101)},"event_data":${template.data(below)}}`
    )
  }
}

/** Reads the shapes. Throws when the real records are not there. */
export async function readTemplates(): Promise<Template[]> {
  const folder = join(SHARED, 'data', 'cloudtrail')
  const trails = (await readdir(folder)).filter((name) => name.endsWith('.ndjson')).map((name) => join(folder, name))
  const lines = (text: string) => text.split('\n').filter((line) => line !== '')
  const labelled = lines(await readFile(join(SHARED, 'data', 'labelled-events', 'events.ndjson'), 'utf8'))
  const trail = (await Promise.all(trails.map((path) => readFile(path, 'utf8')))).flatMap(lines)
  return [...labelled.map((line) => JSON.parse(line).event), ...trail.map((line) => JSON.parse(line))]
    .filter((event) => typeof event === 'object' && event !== null && !Array.isArray(event))
    .map((event) => new Template(event))
}

/** The seed's data model, whose table is a contestant. */
export function readSeedModel(): Promise<string> {
  return readFile(join(SHARED, 'seed', 'data-model.md'), 'utf8')
}

const TYPE_NAMES = ['eventName', 'event_type', 'eventType', 'type', 'action', 'name', 'operation', 'method']
const VARIES = /"(?:[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|[0-9A-Z]{16,}|\d{1,3}(?:\.\d{1,3}){3})"/gi

/** One record's shape: its JSON, cut where ids and addresses stand. */
export class Template {
  readonly type: string
  readonly #pieces: string[]
  readonly #varying: string[]

  constructor(event: Record<string, unknown>) {
    const named = TYPE_NAMES.map((name) => event[name]).find((value) => typeof value === 'string' && value !== '')
    this.type = JSON.stringify(String(named ?? 'event').slice(0, 200))
    const text = JSON.stringify(event)
    this.#pieces = text.split(VARIES)
    this.#varying = text.match(VARIES) ?? []
  }

  data(below: (below: number) => number): string {
    let text = this.#pieces[0] as string
    for (const [i, value] of this.#varying.entries()) text += another(value, below) + this.#pieces[i + 1]
    return text
  }
}

function another(value: string, below: (below: number) => number): string {
  if (value.includes('.')) return `"${address(below)}"`
  return value.replace(/[0-9a-f]{2,}/gi, (digits) => {
    let drawn = ''
    while (drawn.length < digits.length)
      drawn += below(2 ** 32)
        .toString(16)
        .padStart(8, '0')
    const same = drawn.slice(0, digits.length)
    return digits === digits.toUpperCase() ? same.toUpperCase() : same
  })
}

/** People have a few addresses each. */
function addressOf(who: number, which: number): string {
  return `172.${16 + which}.${who >> 8}.${who & 255}`
}

function address(below: (below: number) => number): string {
  return `10.${below(16)}.${below(256)}.${below(256)}`
}

export interface InputFile {
  path: string
  events: number
  bytes: number
  sha256: string
}

/** Writes a file of NDJSON. */
export async function writeInput(path: string, events: Events, count: number): Promise<InputFile> {
  const file = createWriteStream(path)
  const hash = createHash('sha256')
  let bytes = 0
  for (let written = 0; written < count; ) {
    const some = Math.min(1000, count - written)
    const text = Buffer.from(Array.from({ length: some }, () => `${events.next()}\n`).join(''))
    hash.update(text)
    bytes += text.length
    written += some
    if (!file.write(text)) await once(file, 'drain')
  }
  file.end()
  await finished(file)
  return { path, events: count, bytes, sha256: hash.digest('hex') }
}
