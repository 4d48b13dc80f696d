export { FileSpool, type FileSpoolOptions } from './queue/file-spool.ts'
