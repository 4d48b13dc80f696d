export { privacyRoutes } from './routes.ts'
export { Privacy } from './service.ts'
