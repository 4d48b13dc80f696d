// What the driver says, without a code, of a connection that was lost or could not be had.
const DRIVER =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/

// PostgreSQL classes 08 (connection), 40 (rolled back for others), 53 (resources), 57 (told to stop), 58 (system), and
// 55P03 (lock not to be had); and sockets.
const CODES = /^(08|40|53|55P03|57|58)|^(ECONN|EPIPE|ENOENT$|ETIMEDOUT)/

/** Whether the database could not be reached or had to give up: it says nothing of what was asked. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return 'code' in error ? CODES.test(String(error.code)) : DRIVER.test(error.message)
}
