import type { Clock } from '../../../platform/clock.ts'
import type { Keys } from '../../keys/index.ts'
import type { ReadableEvent } from '../formats/plain-event.ts'
import { Intake } from './intake.ts'
import type { Prepared, Refused } from './prepared.ts'

/**
 * Makes events ready for the log in this thread. Data that a leaf can't hold goes into a sealed part of the tenant's
 * own; an event that is too long even so is refused alone.
 */
export async function prepare(
  { keys, clock }: { keys: Keys; clock: Clock },
  tenantId: string,
  events: readonly ReadableEvent[],
): Promise<(Prepared | Refused)[]> {
  const intake = new Intake(events)
  const people = await keys.subjects.resolve(tenantId, intake.identities)
  const received = () => clock.now()
  const made = intake.seal({ tenantId, received, keys: people, own: null })
  const prepared = made.filter((one) => one !== null)
  if (prepared.length === made.length) return prepared
  const own = await keys.subjects.ownKey(tenantId)
  return intake.seal({ tenantId, received, keys: people, own }).filter((one) => one !== null)
}
