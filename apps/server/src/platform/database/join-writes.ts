import type { Socket } from 'node:net'

/**
 * Lets a socket send all that is written to it in one turn of the event loop in one go: statements that do not wait
 * for each other cost one system call, and wake PostgreSQL once.
 */
export function joinWrites(socket: Socket): Socket {
  let isHeld = false
  const hold = () => {
    if (isHeld) return
    isHeld = true
    socket.cork()
    process.nextTick(() => {
      isHeld = false
      socket.uncork()
    })
  }
  // Not before: to connect puts a socket's first `write` back.
  return socket.once('connect', () => {
    const { write } = socket
    socket.write = (...written: unknown[]) => {
      hold()
      return Reflect.apply(write, socket, written)
    }
  })
}
