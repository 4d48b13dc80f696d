import type {
  AccessReview,
  CreateReview,
  DecideItem,
  ReviewItem,
  ReviewItemQuery,
  ReviewQuery,
} from '@probity/contract'
import { mayDo, type Principal, requireThemselves } from '../../platform/authority.ts'
import type { Tx } from '../../platform/database/transaction.ts'
import { DomainError, refusedField } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { afterId, pageOf } from '../../platform/page.ts'
import { recordOf } from '../../platform/record.ts'
import { handsOf } from '../identity/index.ts'
import type { Grants } from './grants.ts'
import type { AccessDependencies, Roles } from './roles.ts'
import { readRole } from './store.ts'
import { groupsOf, hasGroup, lockGrant } from './store-grants.ts'
import * as store from './store-reviews.ts'

/** Campaigns in which somebody says of each grant whether it stays; what nobody answers ends. */
export class Reviews {
  readonly #dependencies: AccessDependencies
  readonly #roles: Roles
  readonly #grants: Grants

  constructor(dependencies: AccessDependencies, roles: Roles, grants: Grants) {
    this.#dependencies = dependencies
    this.#roles = roles
    this.#grants = grants
  }

  /**
   * Begins with all grants that are in force and fit. Throws NOT_FOUND for a role or a group that is not there,
   * VALIDATION_FAILED for an end that is past and for reviewers who are no active people.
   */
  async create(principal: Principal, { due_at, ...input }: CreateReview): Promise<AccessReview> {
    return this.#roles.hold(principal.tenantId, async (tx) => {
      const at = this.#dependencies.work.now()
      const due = new Date(due_at)
      const { role_id = null, group_id = null } = input
      if (due <= at) throw refusedField('/due_at', 'is past')
      if (role_id !== null && !(await readRole(tx, role_id)))
        throw new DomainError('NOT_FOUND', { reason: 'there is no such role' })
      if (group_id !== null && !(await hasGroup(tx, group_id)))
        throw new DomainError('NOT_FOUND', { reason: 'there is no such group' })
      const reviewer_ids = [...new Set(input.reviewer_ids)]
      if ((await store.countPeople(tx, reviewer_ids)) !== reviewer_ids.length)
        throw refusedField('/reviewer_ids', 'names somebody who is no active person')
      const made = { id: newId(this.#dependencies.clock.now()), created_at: at, created_by: principal.userId }
      const of = { name: input.name, role_id, group_id, reviewer_ids, due_at: due }
      const row = { ...made, ...of, closed_at: null, cancelled_by: null }
      const items = await store.insertReview(tx, row)
      const data = { role: role_id, group: group_id, due_at: due.toISOString(), items, reviewers: reviewer_ids.length }
      await this.#record(tx, principal, 'created', row.id, data)
      return presentOne(tx, row, at)
    })
  }

  /** All for who administers the tenant; for anybody else those in which they decide. Throws CURSOR_INVALID. */
  async list(
    principal: Principal,
    { cursor, limit }: ReviewQuery,
  ): Promise<{ reviews: AccessReview[]; next_cursor: string | null }> {
    const after = afterId(cursor)
    const reviewerId = isAdministrator(principal) ? null : principal.userId
    return this.#roles.run(principal.tenantId, async (tx) => {
      const rows = await store.listReviews(tx, { reviewerId, after, limit: limit + 1 })
      const { page, next_cursor } = pageOf(rows, limit, ({ id }) => id)
      return { reviews: await presentAll(tx, page, this.#dependencies.work.now()), next_cursor }
    })
  }

  /** Throws NOT_FOUND. */
  async get(principal: Principal, id: string): Promise<AccessReview> {
    return this.#roles.run(principal.tenantId, async (tx) =>
      presentOne(tx, await seen(tx, principal, id), this.#dependencies.work.now()),
    )
  }

  /** Throws NOT_FOUND, CURSOR_INVALID. */
  async items(
    principal: Principal,
    id: string,
    { cursor, limit, state }: ReviewItemQuery,
  ): Promise<{ items: ReviewItem[]; next_cursor: string | null }> {
    const after = afterId(cursor)
    return this.#roles.run(principal.tenantId, async (tx) => {
      await seen(tx, principal, id)
      const rows = await store.listItems(tx, id, { state: state ?? null, after, limit: limit + 1 })
      const { page, next_cursor } = pageOf(rows, limit, ({ grant_id }) => grant_id)
      return { items: page.map(presentItem), next_cursor }
    })
  }

  /**
   * Keeps a grant, or ends it at once. Throws NOT_FOUND; GRANT_REFUSED for who is no reviewer, and for what one has oneself or
   * by a group; IMPERSONATING; REVIEW_CLOSED where it was decided before, and once the review is due; LAST_OWNER.
   */
  async decide(
    principal: Principal,
    { id, item: grantId }: { id: string; item: string },
    { decision, reason }: DecideItem,
  ): Promise<ReviewItem> {
    requireThemselves(principal)
    return this.#inTime(principal, id, async (tx, review, at) => {
      const item = await store.lockItem(tx, id, grantId)
      if (!item) throw new DomainError('NOT_FOUND')
      await requireMayDecide(tx, principal, review, item)
      if (review.closed_at !== null || item.state !== 'pending')
        throw new DomainError('REVIEW_CLOSED', { state: item.state })
      if (decision === 'end') await this.#end(tx, principal, id, grantId)
      const state = decision === 'end' ? 'ended' : 'kept'
      await store.settleItems(tx, id, [grantId], { state, at, by: principal.userId, reason })
      await this.#record(tx, principal, 'decided', id, { grant: grantId, decision })
      const role = (await readRole(tx, item.role_id))?.name ?? null
      return presentItem({ ...item, role, state, decided_at: at, decided_by: principal.userId, reason })
    })
  }

  /** Ends it before its time: what was decided stays so, and nothing more is taken from anybody. Throws NOT_FOUND, GRANT_REFUSED for who has something under it, and REVIEW_CLOSED once its end has passed. */
  async cancel(principal: Principal, id: string): Promise<AccessReview> {
    return this.#inTime(principal, id, async (tx, review, at) => {
      if (review.cancelled_by !== null) return presentOne(tx, review, at) // what is asked for is so
      if (await store.isOfAny(tx, id, [...(await handsOf(tx, principal))]))
        throw new DomainError('GRANT_REFUSED', {
          reason: 'nobody cancels a review of what they have themselves; another administrator can',
        })
      if (!(await store.closeReview(tx, id, at, principal.userId)))
        throw new DomainError('REVIEW_CLOSED', { review: stateOf(review, at) })
      await store.passUnanswered(tx, id, { state: 'cancelled', at })
      await this.#record(tx, principal, 'cancelled', id, await countsOf(tx, id))
      return presentOne(tx, { ...review, closed_at: at, cancelled_by: principal.userId }, at)
    })
  }

  /** Works on a review; where its end has passed and nobody noticed, it is closed instead. Throws NOT_FOUND, REVIEW_CLOSED. */
  async #inTime<T>(
    principal: Principal,
    id: string,
    work: (tx: Tx, review: store.ReviewRow, at: Date) => Promise<T>,
  ): Promise<T> {
    const done = await this.#roles.hold(principal.tenantId, async (tx) => {
      const at = this.#dependencies.work.now()
      const review = await seen(tx, principal, id)
      if (review.closed_at !== null || review.due_at > at) return { what: await work(tx, review, at) }
      await this.#close(tx, id, at)
      return null // and that stays, whatever is answered
    })
    if (done === null) throw new DomainError('REVIEW_CLOSED', { review: 'ended' })
    return done.what
  }

  /** Ends what nobody answered in time: each review at once, or, where that is interrupted, not at all. */
  async closeDue(tenantId: string): Promise<void> {
    const at = this.#dependencies.work.now()
    const due = await this.#dependencies.work.run(tenantId, (tx) => store.listDue(tx, at))
    for (const id of due) await this.#roles.hold(tenantId, (tx) => this.#close(tx, id, at))
  }

  async #close(tx: Tx, id: string, at: Date): Promise<void> {
    if (!(await store.closeReview(tx, id, at))) return // another server did
    const became: Record<'unanswered' | 'protected', string[]> = { unanswered: [], protected: [] }
    for (const grant of await store.listUnanswered(tx, id)) {
      const held = await lockGrant(tx, grant.id)
      if (!held) continue // with its group, just now
      const isEnded = await this.#grants.end(tx, null, held, { review: id })
      became[isEnded ? 'unanswered' : 'protected'].push(grant.id)
    }
    for (const state of ['unanswered', 'protected'] as const)
      await store.settleItems(tx, id, became[state], { state, at, by: null, reason: null })
    await store.passUnanswered(tx, id, { state: 'changed', at })
    await this.#record(tx, null, 'closed', id, await countsOf(tx, id))
  }

  /** One that was taken back since is ended already. Throws LAST_OWNER. */
  async #end(tx: Tx, principal: Principal, id: string, grantId: string): Promise<void> {
    const held = await lockGrant(tx, grantId)
    if (held && !(await this.#grants.end(tx, principal, held, { review: id }))) throw new DomainError('LAST_OWNER')
  }

  async #record(tx: Tx, by: Principal | null, what: string, id: string, data: Record<string, unknown>): Promise<void> {
    await recordOf(this.#dependencies.record, tx, by, {
      ...{ event_type: `access_review.${what}`, resource: `access-review/${id}`, action: what },
      ...{ risk_score: 40, data },
    })
  }
}

function isAdministrator(principal: Principal): boolean {
  return mayDo(principal, 'access_review:write')
}

/** A review of somebody who administers the tenant, or decides in it. Throws NOT_FOUND. */
async function seen(tx: Tx, principal: Principal, id: string): Promise<store.ReviewRow> {
  const row = await store.readReview(tx, id)
  if (!row || !(isAdministrator(principal) || row.reviewer_ids.includes(principal.userId)))
    throw new DomainError('NOT_FOUND')
  return row
}

async function requireMayDecide(
  tx: Tx,
  principal: Principal,
  { reviewer_ids }: store.ReviewRow,
  { user_id, group_id }: store.ItemRow,
): Promise<void> {
  // Who sees the review administers the tenant, or is named. An account of an application may be of the hand that has the grant.
  if (principal.userKind !== 'person' || (reviewer_ids.length > 0 && !reviewer_ids.includes(principal.userId)))
    throw new DomainError('GRANT_REFUSED', { reason: 'a reviewer decides' })
  if (user_id === principal.userId)
    throw new DomainError('GRANT_REFUSED', { reason: 'nobody decides on what they have themselves' })
  if (group_id !== null && (await groupsOf(tx, [principal.userId])).get(principal.userId)?.includes(group_id))
    throw new DomainError('GRANT_REFUSED', { reason: 'nobody decides on what a group has that they are in' })
}

async function countsOf(tx: Tx, id: string): Promise<AccessReview['items']> {
  return countsBy(await store.countItems(tx, [id]), id)
}

function countsBy(counts: readonly store.StateCount[], id: string): AccessReview['items'] {
  const none = { pending: 0, kept: 0, ended: 0, unanswered: 0, changed: 0, protected: 0, cancelled: 0 }
  const own = counts.filter(({ review_id }) => review_id === id).map(({ state, count }) => [state, count] as const)
  return { ...none, ...Object.fromEntries(own) }
}

/** Also while what its end takes away waits for the job that does. */
function stateOf({ cancelled_by, closed_at, due_at }: store.ReviewRow, at: Date): AccessReview['state'] {
  if (cancelled_by !== null) return 'cancelled'
  return closed_at !== null || due_at <= at ? 'ended' : 'open'
}

async function presentOne(tx: Tx, row: store.ReviewRow, at: Date): Promise<AccessReview> {
  return presentRow(row, await countsOf(tx, row.id), at)
}

async function presentAll(tx: Tx, rows: readonly store.ReviewRow[], at: Date): Promise<AccessReview[]> {
  const counts = await store.countItems(
    tx,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => presentRow(row, countsBy(counts, row.id), at))
}

function presentRow(row: store.ReviewRow, items: AccessReview['items'], at: Date): AccessReview {
  const { due_at, created_at, closed_at, ...told } = row
  const times = { due_at: due_at.toISOString(), created_at: created_at.toISOString() }
  return { ...told, ...times, closed_at: closed_at?.toISOString() ?? null, state: stateOf(row, at), items }
}

function presentItem({
  grant_id,
  granted_at,
  decided_at,
  ...row
}: store.ItemRow & { role: string | null }): ReviewItem {
  const decided = decided_at?.toISOString() ?? null
  return { ...row, id: grant_id, granted_at: granted_at.toISOString(), decided_at: decided }
}
