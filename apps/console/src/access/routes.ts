import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute } from '../app/roots.tsx'
import { queries } from '../platform/client.ts'
import { roleQuery, rolesQuery } from './queries.ts'

const rolesRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/roles',
  loader: () => queries.ensureQueryData(rolesQuery),
  component: lazyRouteComponent(() => import('./roles-page.tsx'), 'RolesPage'),
})
const roleRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/roles/$id',
  loader: ({ params }) =>
    Promise.all([queries.ensureQueryData(rolesQuery), queries.ensureQueryData(roleQuery(params.id))]),
  component: lazyRouteComponent(() => import('./role-page.tsx'), 'RolePage'),
})
const explorerRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/explorer',
  component: lazyRouteComponent(() => import('./explorer-page.tsx'), 'ExplorerPage'),
})
const reviewsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/reviews',
  component: lazyRouteComponent(() => import('./reviews-page.tsx'), 'ReviewsPage'),
})
const reviewRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/reviews/$id',
  component: lazyRouteComponent(() => import('./review-page.tsx'), 'ReviewPage'),
})
const elevationsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/elevations',
  component: lazyRouteComponent(() => import('./elevations-page.tsx'), 'ElevationsPage'),
})

export const accessRoutes = [rolesRoute, roleRoute, explorerRoute, reviewsRoute, reviewRoute, elevationsRoute]
