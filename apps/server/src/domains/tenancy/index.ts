export { tenancyRoutes } from './routes.ts'
export { originOf } from './rules.ts'
export { Tenancy } from './service.ts'
