import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { outsideRoute } from '../app/roots.tsx'

/** Where a set-up link leads: it makes the first administrator of a tenant. */
const setupRoute = createRoute({
  getParentRoute: () => outsideRoute,
  path: '/setup',
  component: lazyRouteComponent(() => import('./setup-page.tsx'), 'SetupPage'),
})

export const setupRoutes = [setupRoute]
