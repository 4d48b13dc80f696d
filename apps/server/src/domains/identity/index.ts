export { closeAccounts } from './accounts.ts'
export { authenticate } from './authenticate.ts'
export { identityRoutes } from './routes.ts'
export { Identity } from './service.ts'
