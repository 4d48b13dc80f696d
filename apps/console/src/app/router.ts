import { createRouter } from '@tanstack/react-router'
import { accessRoutes } from '../access/routes.ts'
import { auditRoutes, outsideAuditRoutes } from '../audit/routes.ts'
import { accountRoutes, outsideIdentityRoutes } from '../identity/routes.ts'
import { operationsRoutes } from '../operations/routes.ts'
import { overviewRoutes } from '../overview/routes.ts'
import { peopleRoutes } from '../people/routes.ts'
import { BASE } from '../platform/base.ts'
import { policyRoutes } from '../policies/routes.ts'
import { privacyRoutes } from '../privacy/routes.ts'
import { signInRoutes } from '../sign-in/routes.ts'
import { setupRoutes, tenancyRoutes } from '../tenancy/routes.ts'
import { PageSkeleton } from './page-skeleton.tsx'
import { insideRoute, NotFound, outsideRoute, PageFailure, rootRoute } from './roots.tsx'

/** Each domain brings its own pages. */
export const router = createRouter({
  routeTree: rootRoute.addChildren([
    outsideRoute.addChildren([...setupRoutes, ...outsideIdentityRoutes, ...outsideAuditRoutes]),
    insideRoute.addChildren([
      ...overviewRoutes,
      ...accountRoutes,
      ...auditRoutes,
      ...privacyRoutes,
      ...peopleRoutes,
      ...signInRoutes,
      ...accessRoutes,
      ...policyRoutes,
      ...operationsRoutes,
      ...tenancyRoutes,
    ]),
  ]),
  basepath: BASE,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: PageFailure,
  defaultPendingComponent: PageSkeleton,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
