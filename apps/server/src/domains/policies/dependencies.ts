import type { Clock } from '../../platform/clock.ts'
import type { RecordEvent } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import type { Access } from '../access/index.ts'
import type { Keys } from '../keys/index.ts'

export interface PolicyDependencies {
  work: Work
  clock: Clock
  record: RecordEvent
  keys: Keys
  access: Access
}
