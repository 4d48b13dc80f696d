import type { Tx } from '../../platform/database/transaction.ts'
import { type CedarRecord, EntityReference } from './cedar/value.ts'
import { USER } from './kinds.ts'
import { KnownEntities, NOTHING_KNOWN } from './known-entities.ts'
import type { Models } from './model.ts'
import { type State, timeIn } from './question.ts'
import * as store from './store-grants.ts'

/** Somebody whom a decision is about. */
export interface Someone {
  type: string
  id: string
  /** Null: an entity of the application, of which Probity has no account. */
  userId: string | null
  attributes: CedarRecord
  /** The same, as it came. */
  told: Record<string, unknown>
}

/** Whom it is about, and what things; `resources` null: without what was told of any entity. */
export interface About {
  who: Someone
  resources: readonly EntityReference[] | null
}

export function accountOf(userId: string): Someone {
  return { type: USER, id: userId, userId, attributes: new Map(), told: {} }
}

/** Reads what decisions rest on: by what is committed, in the transaction of the decision. */
export class States {
  readonly #models: Models

  constructor(models: Models) {
    this.#models = models
  }

  async of(tx: Tx, at: Date, about: About): Promise<State> {
    const [state] = await this.ofAll(tx, at, [about])
    return state as State // of one, one
  }

  /** Of each by itself: nothing that was asked or told of one reaches another. Throws RELATIONS_TOO_MANY. */
  async ofAll(tx: Tx, at: Date, all: readonly About[]): Promise<State[]> {
    const users = [...new Set(all.flatMap(({ who }) => who.userId ?? []))]
    // Sent together: there and back once.
    const [model, reached, groups] = await Promise.all([
      this.#models.read(tx, at),
      users.length === 0 ? [] : store.heldBy(tx, users, at),
      users.length === 0 ? new Map<string, string[]>() : store.groupsOf(tx, users),
    ])
    const held = Map.groupBy(reached, ({ user_id }) => user_id)
    const entities = all.map(({ who, resources }) => (model.hasEntities && resources ? [who, ...resources] : []))
    const known = await knownOf(tx, entities)
    const shared = { tenantId: tx.tenantId, model, time: timeIn(at, model) }
    return all.map(({ who }, i) => ({
      ...{ ...shared, subject: subjectOf(who), known: known[i] ?? NOTHING_KNOWN },
      ...{ held: held.get(who.userId ?? '') ?? [], groups: groups.get(who.userId ?? '') ?? [] },
    }))
  }
}

async function knownOf(
  tx: Tx,
  asked: readonly (readonly { type: string; id: string }[])[],
): Promise<readonly KnownEntities[]> {
  const all = asked.flat()
  if (all.length === 0) return []
  const known = await KnownEntities.read(tx, all)
  return asked.length === 1 ? [known] : asked.map((own) => known.within(own))
}

function subjectOf({ type, id, userId, attributes }: Someone): State['subject'] {
  return { reference: new EntityReference(type, id), isAccount: userId !== null, attributes }
}
