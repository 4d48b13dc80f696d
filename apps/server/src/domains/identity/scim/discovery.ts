import { DomainError } from '../../../platform/errors.ts'
import {
  COMMON,
  ENTERPRISE_USER,
  GROUP,
  GROUPS_TYPE,
  type ResourceType,
  type Schema,
  USER,
  USERS,
} from './attributes.ts'
import { MOST_OPERATIONS } from './bulk.ts'
import { listResponse, MOST_RESULTS } from './list.ts'
import type { Resource } from './resource.ts'

/** Bytes of a bulk request, which are the server's own limit of a body at the least that it may be set to. */
const MOST_BYTES = 1_048_576
const CORE = 'urn:ietf:params:scim:schemas:core:2.0'

/** What a client may learn of the service before it uses it (RFC 7644 §4). */
export class Discovery {
  /** Address of the service, without a slash at its end. */
  readonly base: () => string

  constructor(base: () => string) {
    this.base = base
  }

  /** RFC 7643 §5. */
  configuration(): Resource {
    return {
      schemas: [`${CORE}:ServiceProviderConfig`],
      patch: { supported: true },
      bulk: { supported: true, maxOperations: MOST_OPERATIONS, maxPayloadSize: MOST_BYTES },
      filter: { supported: true, maxResults: MOST_RESULTS },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
      authenticationSchemes: [
        {
          type: 'oauthbearertoken',
          name: 'Bearer token',
          description: 'Token of a service account with the scope identity:provision',
          primary: true,
        },
      ],
      meta: { resourceType: 'ServiceProviderConfig', location: `${this.base()}/ServiceProviderConfig` },
    }
  }

  resourceTypes(): Resource {
    const all = [USERS, GROUPS_TYPE].map((type) => this.#resourceType(type))
    return listResponse(all, all.length, 0)
  }

  /** Throws NOT_FOUND. */
  resourceType(name: string): Resource {
    const found = [USERS, GROUPS_TYPE].find((type) => type.name === name)
    if (!found) throw new DomainError('NOT_FOUND')
    return this.#resourceType(found)
  }

  schemas(): Resource {
    const all = [USER, ENTERPRISE_USER, GROUP].map((schema) => this.#schema(schema))
    return listResponse(all, all.length, 0)
  }

  /** Throws NOT_FOUND. */
  schema(id: string): Resource {
    const found = [USER, ENTERPRISE_USER, GROUP].find((schema) => schema.id.toLowerCase() === id.toLowerCase())
    if (!found) throw new DomainError('NOT_FOUND')
    return this.#schema(found)
  }

  #resourceType({ name, endpoint, description, schema, extensions }: ResourceType): Resource {
    return {
      schemas: [`${CORE}:ResourceType`],
      ...{ id: name, name, endpoint, description, schema: schema.id },
      schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })),
      meta: { resourceType: 'ResourceType', location: `${this.base()}/ResourceTypes/${name}` },
    }
  }

  #schema({ id, name, description, attributes }: Schema): Resource {
    const external = COMMON.filter((attribute) => attribute.name === 'externalId')
    return {
      schemas: [`${CORE}:Schema`],
      ...{ id, name, description },
      // An attribute is JSON as it stands.
      attributes: structuredClone(
        id === ENTERPRISE_USER.id ? attributes : [...external, ...attributes],
      ) as unknown as Resource[],
      meta: { resourceType: 'Schema', location: `${this.base()}/Schemas/${id}` },
    }
  }
}
