import { parentPort } from 'node:worker_threads'
import { openIdServer } from './openid.ts'

// For tests that wait for a process and answer nothing meanwhile.
parentPort?.postMessage((await openIdServer()).issuer)
