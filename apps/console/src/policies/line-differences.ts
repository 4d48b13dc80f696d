/** A line of one of two texts, or of both. */
export interface DifferingLine {
  sign: '+' | '−' | ' '
  line: string
}

/** What has to be taken away from a text, and put into it, for it to be another: by their longest common sequence of lines. */
export function lineDifferences(before: readonly string[], after: readonly string[]): DifferingLine[] {
  const common = commonLengths(before, after)
  const found: DifferingLine[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]]
    if (old !== undefined && old === now) {
      found.push({ sign: ' ', line: old })
      i++
      j++
    } else if (now === undefined || (old !== undefined && lengthAt(common, i + 1, j) >= lengthAt(common, i, j + 1))) {
      found.push({ sign: '−', line: old ?? '' })
      i++
    } else {
      found.push({ sign: '+', line: now })
      j++
    }
  }
  return found
}

/** For each two places how many lines are common from there on. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint16Array[] {
  const rows = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1))
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--) {
      const row = rows[i]
      if (row === undefined) continue
      row[j] =
        before[i] === after[j]
          ? lengthAt(rows, i + 1, j + 1) + 1
          : Math.max(lengthAt(rows, i + 1, j), lengthAt(rows, i, j + 1))
    }
  return rows
}

function lengthAt(rows: readonly Uint16Array[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0
}
