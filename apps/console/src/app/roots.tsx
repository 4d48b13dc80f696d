import { createRootRoute, createRoute, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { isLoggedIn } from '../identity/me.ts'
import { wayInHash } from '../platform/way-in.ts'
import { PageSkeleton } from './page-skeleton.tsx'

const Shell = lazy(() => import('./shell.tsx').then(({ Shell }) => ({ default: Shell })))
const OutsideFrame = lazy(() => import('./outside-frame.tsx').then(({ OutsideFrame }) => ({ default: OutsideFrame })))

export const NotFound = lazyRouteComponent(() => import('./not-found.tsx'), 'NotFound')
export const PageFailure = lazyRouteComponent(() => import('./page-failure.tsx'), 'PageFailure')

/** Before anything is there to be drawn. */
const STARTING = <div role="status" aria-busy="true" aria-label="Probity" />

export const rootRoute = createRootRoute({
  component: () => (
    <Suspense fallback={STARTING}>
      <Outlet />
    </Suspense>
  ),
  notFoundComponent: NotFound,
})

/** Pages of who is not logged in, or need not be. */
export const outsideRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'outside',
  component: () => <OutsideFrame />,
  errorComponent: PageFailure,
})

/** Pages of who is logged in; all others are sent to log in first, and come back. */
export const insideRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'inside',
  beforeLoad: async ({ location }) => {
    if (!(await isLoggedIn())) throw redirect({ to: '/login', hash: wayInHash({ to: location.href }) })
  },
  component: () => <Shell />,
  pendingComponent: PageSkeleton,
  errorComponent: PageFailure,
})
