export { Anchoring } from './anchoring.ts'
export { auditRoutes } from './routes.ts'
export { Sequencer } from './sequencer.ts'
export { Audit } from './service.ts'
