export { ActivePolicies } from './active.ts'
export { policyRoutes } from './routes.ts'
export { Policies } from './service.ts'
