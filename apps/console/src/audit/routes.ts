import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute, outsideRoute } from '../app/roots.tsx'
import { queries } from '../platform/client.ts'
import { eventQuery, sizeQuery } from './queries.ts'

const auditRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/audit',
  loader: () => queries.fetchQuery(sizeQuery),
  component: lazyRouteComponent(() => import('./audit-page.tsx'), 'AuditPage'),
})

const entryRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/audit/$id',
  loader: ({ params }) => queries.ensureQueryData(eventQuery(params.id)),
  component: lazyRouteComponent(() => import('./entry-page.tsx'), 'EntryPage'),
})

const verificationsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/audit/verifications',
  component: lazyRouteComponent(() => import('./verifications-page.tsx'), 'VerificationsPage'),
})

/** For whoever has a receipt or an export: it asks no server, and nobody has to be logged in. */
const verifyRoute = createRoute({
  getParentRoute: () => outsideRoute,
  path: '/verify',
  component: lazyRouteComponent(() => import('./verify-page.tsx'), 'VerifyPage'),
})

export const auditRoutes = [auditRoute, verificationsRoute, entryRoute]
export const outsideAuditRoutes = [verifyRoute]
