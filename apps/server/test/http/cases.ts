import type { z } from 'zod'
import type { Answer } from '../support/server.ts'

/** A real call of a documented operation, and the schema of its answer. */
export interface Case {
  operation: string
  schema: z.ZodType | null
  call(): Promise<Answer>
}
