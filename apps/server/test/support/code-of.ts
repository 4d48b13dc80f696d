import { readFileSync } from 'node:fs'
import { codeOf } from './codes.ts'

// The code that an authenticator shows whose key stands in a file, as a page of the documentation has it.
process.stdout.write(codeOf(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')).setup_key))
