export type { DataKey } from './data-key.ts'
export { environmentRoot, fileRoot, RootKeyError } from './root.ts'
export { Keys } from './service.ts'
export type { Identity } from './subjects.ts'
