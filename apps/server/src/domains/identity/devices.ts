import { randomBytes } from 'node:crypto'
import type { DeviceList } from '@probity/contract'
import { formatToken } from '@probity/core'
import type { Principal } from '../../platform/authority.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { newId } from '../../platform/ids.ts'
import { type RecordEvent, recordOf } from '../../platform/record.ts'
import type { Work } from '../../platform/work.ts'
import { hashToken } from './authenticate.ts'
import { ownSession } from './sessions.ts'
import * as store from './store-devices.ts'
import { readRules } from './store-rules.ts'

const DAY = 86_400_000

/**
 * Devices that showed a second factor, and for a while show the token that they got for it instead. The tenant's rule
 * is asked at each use: one that is made shorter holds for devices that there are.
 */
export class Devices {
  readonly #dependencies: { work: Work; clock: Clock; record: RecordEvent }
  readonly #work: Work

  constructor(dependencies: { work: Work; clock: Clock; record: RecordEvent }) {
    this.#dependencies = dependencies
    this.#work = dependencies.work
  }

  /** The token for a device to keep; null: the tenant remembers none. */
  async remember(tx: Tx, userId: string, at: Date): Promise<string | null> {
    const { remembered_device_days: days } = await readRules(tx)
    if (days === 0) return null
    const id = newId(this.#dependencies.clock.now())
    const token = formatToken({ kind: 'de', tenantId: tx.tenantId, secret: randomBytes(32) })
    const until = new Date(at.getTime() + days * DAY)
    await store.insertDevice(tx, { id, userId, hash: hashToken(token), at, until })
    await this.#record(tx, userId, 'device.remembered', 'remember', {})
    return token
  }

  /** Whether this is a device of the person that is not to be asked. */
  async isRemembered(tx: Tx, userId: string, token: string): Promise<boolean> {
    const at = this.#work.now()
    const { remembered_device_days: days } = await readRules(tx)
    const since = new Date(at.getTime() - days * DAY)
    return store.useDevice(tx, { userId, hash: hashToken(token), since, at })
  }

  async list(principal: Principal): Promise<DeviceList> {
    ownSession(principal)
    const at = this.#work.now()
    const rows = await this.#work.run(principal.tenantId, (tx) => store.listDevices(tx, principal.userId, at))
    return {
      devices: rows.map(({ id, created_at, last_used_at, expires_at }) => ({
        id,
        created_at: created_at.toISOString(),
        last_used_at: last_used_at.toISOString(),
        expires_at: expires_at.toISOString(),
      })),
    }
  }

  /** All of one's own are asked again. */
  async forgetOwn(principal: Principal): Promise<{ forgotten: number }> {
    ownSession(principal)
    return this.#work.run(principal.tenantId, async (tx) => {
      const forgotten = await store.deleteDevices(tx, principal.userId)
      await this.#record(tx, principal.userId, 'device.forgotten', 'forget', { forgotten })
      return { forgotten }
    })
  }

  #record(tx: Tx, userId: string, event_type: string, action: string, data: Record<string, unknown>): Promise<void> {
    return recordOf(this.#dependencies.record, tx, userId, { event_type, resource: `user/${userId}`, action, data })
  }
}
