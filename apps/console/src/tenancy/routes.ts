import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute, outsideRoute } from '../app/roots.tsx'

/** Where a set-up link leads: it makes the first administrator of a tenant. */
const setupRoute = createRoute({
  getParentRoute: () => outsideRoute,
  path: '/setup',
  component: lazyRouteComponent(() => import('./setup-page.tsx'), 'SetupPage'),
})

const tenantsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/tenants',
  component: lazyRouteComponent(() => import('./tenants-page.tsx'), 'TenantsPage'),
})

export const setupRoutes = [setupRoute]
export const tenancyRoutes = [tenantsRoute]
