import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute } from '../app/roots.tsx'
import { queries } from '../platform/client.ts'
import { userQuery } from './queries.ts'

const peopleRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/people',
  component: lazyRouteComponent(() => import('./people-page.tsx'), 'PeoplePage'),
})

const personRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/people/$id',
  loader: ({ params }) => queries.ensureQueryData(userQuery(params.id)),
  component: lazyRouteComponent(() => import('./person-page.tsx'), 'PersonPage'),
})

const groupsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/groups',
  component: lazyRouteComponent(() => import('./groups-page.tsx'), 'GroupsPage'),
})

const applicationsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/applications',
  component: lazyRouteComponent(() => import('./applications-page.tsx'), 'ApplicationsPage'),
})

export const peopleRoutes = [peopleRoute, personRoute, groupsRoute, applicationsRoute]
