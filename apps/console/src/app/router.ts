import { createRouter } from '@tanstack/react-router'
import { homeRoutes } from '../home/routes.ts'
import { accountRoutes, outsideIdentityRoutes } from '../identity/routes.ts'
import { BASE } from '../platform/base.ts'
import { setupRoutes } from '../tenancy/routes.ts'
import { NotFound } from './not-found.tsx'
import { PageFailure } from './page-failure.tsx'
import { PageSkeleton } from './page-skeleton.tsx'
import { insideRoute, outsideRoute, rootRoute } from './roots.tsx'

/** Each domain brings its own pages. */
export const router = createRouter({
  routeTree: rootRoute.addChildren([
    outsideRoute.addChildren([...setupRoutes, ...outsideIdentityRoutes]),
    insideRoute.addChildren([...homeRoutes, ...accountRoutes]),
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
