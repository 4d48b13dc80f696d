import { Mutation } from './mutation.ts'
import { isRefusal, type Parser } from './parsers.ts'

/** Longer than an input may take. */
const MOST_MILLISECONDS = 1000

export interface Fuzzed {
  name: string
  cases: number
  accepted: number
  slowestMilliseconds: number
}
/** An input that a parser did not cope with. */
export interface Fault {
  name: string
  inputBase64: string
  why: string
}

/** Gives a parser so many cases; each seed gives the same. Ends at the first fault. */
export async function fuzz(parser: Parser, cases: number, seed: number): Promise<Fuzzed | Fault> {
  const mutation = new Mutation(seed)
  let [accepted, slowest] = [0, 0]
  for (let i = 0; i < cases; i++) {
    const input = parser.make(mutation)
    const begun = performance.now()
    const fault = (why: string) => ({ name: parser.name, inputBase64: Buffer.from(input).toString('base64'), why })
    try {
      if (await parser.read(input)) accepted++
    } catch (error) {
      if (!isRefusal(error)) return fault(String(error instanceof Error ? error.stack : error))
    }
    const took = performance.now() - begun
    slowest = Math.max(slowest, took)
    if (took > (parser.mostMilliseconds ?? MOST_MILLISECONDS)) return fault(`it took ${Math.round(took)} ms`)
  }
  return { name: parser.name, cases, accepted, slowestMilliseconds: slowest }
}
