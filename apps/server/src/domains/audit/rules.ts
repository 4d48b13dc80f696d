/** Entries of one bundle (C2SP tlog-tiles). */
export const BUNDLE = 256

/** The field of sealed parts; each field has a key of its own (docs/formats.md §8). */
export const PART_FIELD = { table: 'audit_sealed_parts', column: 'envelope' }

/** Where the sealed part `part` of an event stands: the row of its envelope's associated data. */
export function partLocation(eventId: string, part: number) {
  return { ...PART_FIELD, row: `${eventId}/${part}` }
}

/** A place in a list of entries, newest first: the entries below an index come next. */
export function formatCursor(below: number): string {
  return Buffer.from(`below/${below}`).toString('base64url')
}

/** Null: not a cursor of ours, which is one that is written the same again. */
export function parseCursor(text: string): number | null {
  const match = /^below\/(\d{1,15})$/.exec(Buffer.from(text, 'base64url').toString())
  if (!match) return null
  const below = Number(match[1])
  return formatCursor(below) === text ? below : null
}

/**
 * Takes up to `limit` items from queues in turn, and at most `each` of one, so that a flood in one keeps no other
 * waiting. Queues that are empty go.
 */
export function takeFairly<T>(queues: Map<string, T[]>, limit: number, each = limit): T[] {
  const taken: T[] = []
  const left = new Map([...queues.keys()].map((key) => [key, each]))
  while (taken.length < limit && left.size > 0) {
    const share = Math.max(1, Math.floor((limit - taken.length) / left.size))
    for (const [key, mayTake] of left) {
      const queue = queues.get(key) ?? []
      const some = queue.splice(0, Math.min(share, mayTake, limit - taken.length))
      taken.push(...some)
      if (queue.length === 0) queues.delete(key)
      if (queue.length === 0 || mayTake === some.length) left.delete(key)
      else left.set(key, mayTake - some.length)
      if (taken.length >= limit) break
    }
  }
  return taken
}
