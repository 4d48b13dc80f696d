export { accessRoutes } from './routes.ts'
export { Access } from './service.ts'
