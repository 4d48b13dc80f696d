import { parentPort, workerData } from 'node:worker_threads'
import { CLIENT, openIdServer } from './openid.ts'

// For tests that wait for a process and answer nothing meanwhile.
const { issuer, people } = await openIdServer(workerData.here)
people.set('admin', { sub: 'admin', email: 'admin@example.com', name: 'Admin' })
parentPort?.postMessage([issuer, CLIENT.secret])
