import { argv } from 'node:process'
import { main } from './cli.ts'
import { isPoolThread } from './worker.ts'

// The program, and in the single file that it is built into also each of its threads.
if (!isPoolThread) process.exitCode = await main(argv.slice(2))
