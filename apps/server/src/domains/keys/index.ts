export type { DataKey } from './data-key.ts'
export { environmentRoot, fileRoot } from './root.ts'
export { Keys, RootKeyError } from './service.ts'
export type { Identity } from './subjects.ts'
