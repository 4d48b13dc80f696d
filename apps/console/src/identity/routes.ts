import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { insideRoute, outsideRoute } from '../app/roots.tsx'
import { probity } from '../platform/client.ts'

const loginRoute = createRoute({
  getParentRoute: () => outsideRoute,
  path: '/login',
  component: lazyRouteComponent(() => import('./login-page.tsx'), 'LoginPage'),
})

const forgotRoute = createRoute({
  getParentRoute: () => outsideRoute,
  path: '/forgot',
  component: lazyRouteComponent(() => import('./forgot-page.tsx'), 'ForgotPage'),
})

// Where links lead that are mailed: what opens the account stands behind #, which no server sees.
const passwordRoute = createRoute({
  getParentRoute: () => outsideRoute,
  path: '/password',
  component: lazyRouteComponent(() => import('./password-page.tsx'), 'PasswordPage'),
})
const invitationRoute = createRoute({
  getParentRoute: () => outsideRoute,
  path: '/invitation',
  component: lazyRouteComponent(() => import('./invitation-page.tsx'), 'InvitationPage'),
})
const addressRoute = createRoute({
  getParentRoute: () => outsideRoute,
  path: '/address',
  component: lazyRouteComponent(() => import('./address-page.tsx'), 'AddressPage'),
})

/** Where a provider sends the browser back to; by SAML without the connection. */
const federationRoute = createRoute({
  getParentRoute: () => outsideRoute,
  path: '/sso/{-$connection}',
  component: lazyRouteComponent(() => import('./federation-page.tsx'), 'FederationPage'),
})

const accountRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/account',
  loader: async () => {
    const [{ sessions }, factors, { devices }, { applications }] = await Promise.all([
      probity.sessions(),
      probity.factors(),
      probity.devices(),
      probity.grantedApplications(),
    ])
    return { sessions, factors, devices, applications }
  },
  component: lazyRouteComponent(() => import('./account-page.tsx'), 'AccountPage'),
})

/** An application asks here whether it is let in. */
const consentRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/consent',
  loader: () => probity.consent(),
  component: lazyRouteComponent(() => import('./consent-page.tsx'), 'ConsentPage'),
})

export const outsideIdentityRoutes = [
  loginRoute,
  forgotRoute,
  passwordRoute,
  invitationRoute,
  addressRoute,
  federationRoute,
]
export const accountRoutes = [accountRoute, consentRoute]
