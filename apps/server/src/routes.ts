import { type Access, accessRoutes } from './domains/access/index.ts'
import { type Audit, auditRoutes } from './domains/audit/index.ts'
import { type Identity, identityRoutes } from './domains/identity/index.ts'
import { type Policies, policyRoutes } from './domains/policies/index.ts'
import { type Privacy, privacyRoutes } from './domains/privacy/index.ts'
import { type Tenancy, tenancyRoutes } from './domains/tenancy/index.ts'
import { type Operations, operationsRoutes } from './operations.ts'
import { openApi } from './platform/http/openapi.ts'
import type { Route } from './platform/http/route.ts'

export const VERSION = '0.1.0'

/** What routes lead to. */
export interface Behind {
  tenancy: Tenancy
  identity: Identity
  audit: Audit
  access: Access
  policies: Policies
  privacy: Privacy
  operations: Operations
  publicUrl(): string
}

/** Every route of every domain. */
export function allRoutes({ tenancy, identity, audit, access, policies, privacy, operations, publicUrl }: Behind) {
  return [
    ...tenancyRoutes(tenancy),
    ...identityRoutes(identity),
    ...auditRoutes(audit),
    ...accessRoutes(access, publicUrl),
    ...policyRoutes(policies),
    ...privacyRoutes(privacy),
    ...operationsRoutes(operations),
  ] satisfies Route[]
}

/** What a server answers at /openapi.json, told without one: nothing stands behind its routes, and nobody calls them. */
export function openApiDocument(): object {
  return openApi(allRoutes(nothing() as Behind), VERSION)
}

/** Something of which every part can be taken, and which does nothing. */
function nothing(): unknown {
  const nobody = () => {
    throw new Error('a route was called that is only described')
  }
  return new Proxy(nobody, { get: nothing })
}
