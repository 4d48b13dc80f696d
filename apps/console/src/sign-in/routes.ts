import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute } from '../app/roots.tsx'

const signInRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./sign-in-page.tsx'), 'SignInPage'),
})

export const signInRoutes = [signInRoute]
