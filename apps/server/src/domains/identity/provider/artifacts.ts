import { isUuid } from '@probity/core'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Tx } from '../../../platform/database/transaction.ts'
import type { RecordEvent } from '../../../platform/record.ts'
import type { Work } from '../../../platform/work.ts'
import { type DataKey, type Keys, open, seal } from '../../keys/index.ts'
import { hashToken } from '../authenticate.ts'
import { metadataOf } from './metadata.ts'
import { findUsable } from './store-applications.ts'
import * as store from './store-artifacts.ts'

export interface ArtifactDependencies {
  work: Work
  keys: Keys
  record: RecordEvent
}

/** Tokens whose making is an entry. */
const RECORDED = new Set(['AccessToken', 'ClientCredentials', 'RefreshToken'])

/**
 * Where the provider of one tenant keeps what it gives out: sealed, and found by hashes. It is good while its person and its
 * application are. Owner of the rows: nobody else writes them, and who is gone takes theirs along.
 */
export class Artifacts implements Adapter {
  readonly #dependencies: ArtifactDependencies
  readonly #tenantId: string
  readonly #model: string

  constructor(dependencies: ArtifactDependencies, tenantId: string, model: string) {
    this.#dependencies = dependencies
    this.#tenantId = tenantId
    this.#model = model
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    if (this.#model !== 'Client') return this.#find('id_hash', id)
    const row = isUuid(id) ? await this.#run((tx) => findUsable(tx, id)) : null
    return row ? metadataOf(row) : undefined
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#find('uid_hash', uid)
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#find('user_code_hash', userCode)
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    const own = await this.#own()
    const at = this.#dependencies.work.now()
    const { accountId, clientId, grantId, uid, userCode } = payload
    const idHash = hashToken(id)
    const artifact = {
      ...{ model: this.#model, idHash, sealed: this.#seal(own, idHash, payload) },
      applicationId: isId(clientId) ? clientId : null,
      userId: isId(accountId) ? accountId : null,
      grantHash: grantId === undefined ? null : hashToken(grantId),
      uidHash: uid === undefined ? null : hashToken(uid),
      userCodeHash: userCode === undefined ? null : hashToken(userCode),
      expires: new Date(at.getTime() + expiresIn * 1000),
    }
    await this.#run(async (tx) => {
      const isFirst = await store.putArtifact(tx, artifact, at, this.#model === 'ReplayDetection')
      if (!isFirst) throw new errors.InvalidRequest('it was shown before')
      if (RECORDED.has(this.#model)) await this.#recordIssue(tx, payload)
    })
  }

  /** Throws InvalidGrant for what another used at this moment, so that two never both have it. */
  async consume(id: string): Promise<void> {
    const at = this.#dependencies.work.now()
    if (!(await this.#run((tx) => store.consumeArtifact(tx, this.#model, hashToken(id), at))))
      throw new errors.InvalidGrant('it was used before')
  }

  async destroy(id: string): Promise<void> {
    await this.#run((tx) => store.deleteArtifact(tx, this.#model, hashToken(id)))
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#run((tx) => store.deleteByGrant(tx, hashToken(grantId)))
  }

  async #find(column: 'id_hash' | 'uid_hash' | 'user_code_hash', text: string): Promise<AdapterPayload | undefined> {
    const at = this.#dependencies.work.now()
    const row = await this.#run((tx) => store.findArtifact(tx, this.#model, { column, hash: hashToken(text), at }))
    if (row === null) return undefined
    const payload = openPayload(this.#tenantId, await this.#own(), this.#model, row)
    return row.consumed_at === null ? payload : { ...payload, consumed: Math.floor(row.consumed_at.getTime() / 1000) }
  }

  #seal(own: DataKey, idHash: Buffer, payload: AdapterPayload): Buffer {
    return seal(this.#tenantId, [own], locationOf(this.#model, idHash), Buffer.from(JSON.stringify(payload)))
  }

  #recordIssue(tx: Tx, { accountId, clientId, scope }: AdapterPayload): Promise<unknown> {
    const actor = isId(accountId)
      ? { type: 'person' as const, id: accountId }
      : { type: 'service' as const, id: `application/${clientId}` }
    return this.#dependencies.record(tx, {
      ...{ event_type: 'application.token_issued', actor, resource: `application/${clientId}`, action: 'issue' },
      ...{ outcome: 'Success', data: { kind: this.#model, scope: scope ?? null } },
    })
  }

  #own(): Promise<DataKey> {
    return this.#dependencies.keys.subjects.ownKey(this.#tenantId)
  }

  #run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#dependencies.work.run(this.#tenantId, work)
  }
}

/** What an artifact holds. */
export function openPayload(
  tenantId: string,
  own: DataKey,
  model: string,
  row: { id_hash: Buffer; payload_sealed: Buffer },
): AdapterPayload {
  // It was written by `upsert`.
  return JSON.parse(open(tenantId, [own], locationOf(model, row.id_hash), row.payload_sealed).toString())
}

function isId(text: string | undefined): text is string {
  return text !== undefined && isUuid(text)
}

function locationOf(model: string, idHash: Buffer) {
  return { table: 'application_artifacts', column: 'payload_sealed', row: `${model}/${idHash.toString('hex')}` }
}
