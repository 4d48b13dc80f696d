export { closeAccounts } from './accounts.ts'
export { Authenticator, type Caller } from './authenticate.ts'
export { identityRoutes } from './routes.ts'
export { Identity } from './service.ts'
