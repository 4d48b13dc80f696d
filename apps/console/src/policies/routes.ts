import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute } from '../app/roots.tsx'
import { queries } from '../platform/client.ts'
import { policyQuery, versionsQuery } from './queries.ts'

const policiesRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/policies',
  component: lazyRouteComponent(() => import('./policies-page.tsx'), 'PoliciesPage'),
})
const policyRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/policies/$id',
  loader: ({ params }) =>
    Promise.all([queries.ensureQueryData(policyQuery(params.id)), queries.ensureQueryData(versionsQuery(params.id))]),
  component: lazyRouteComponent(() => import('./policy-page.tsx'), 'PolicyPage'),
})

export const policyRoutes = [policiesRoute, policyRoute]
