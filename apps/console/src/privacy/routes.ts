import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute } from '../app/roots.tsx'

const erasuresRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/erasures',
  component: lazyRouteComponent(() => import('./erasures-page.tsx'), 'ErasuresPage'),
})

export const privacyRoutes = [erasuresRoute]
