import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute } from '../app/roots.tsx'

const overviewRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./overview-page.tsx'), 'OverviewPage'),
})

/** From the first log-in to the first receipt that verifies, and one that does not. */
const welcomeRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./welcome-page.tsx'), 'WelcomePage'),
})

export const overviewRoutes = [overviewRoute, welcomeRoute]
