import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute } from '../app/roots.tsx'

const tokensRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/tokens',
  component: lazyRouteComponent(() => import('./tokens-page.tsx'), 'TokensPage'),
})
const keysRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/keys',
  component: lazyRouteComponent(() => import('./keys-page.tsx'), 'KeysPage'),
})
const healthRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/health',
  component: lazyRouteComponent(() => import('./health-page.tsx'), 'HealthPage'),
})

export const operationsRoutes = [tokensRoute, keysRoute, healthRoute]
