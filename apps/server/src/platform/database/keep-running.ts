const LOOK_MILLISECONDS = 250
const LONGEST_PAUSE_MILLISECONDS = 10_000

/**
 * Starts what has died again, at growing distances while it can't be started (a full disk). `stop` resolves when no
 * start is under way any more.
 */
export function keepRunning({
  isRunning,
  start,
  say,
}: {
  isRunning: () => Promise<boolean>
  start: () => Promise<void>
  say: (line: string) => void
}): { stop(): Promise<void> } {
  let pause = LOOK_MILLISECONDS
  let turn: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | null = null
  const next = () => {
    timer = setTimeout(() => {
      turn = look()
    }, pause)
    timer.unref()
  }
  const look = async () => {
    try {
      if (!(await isRunning())) {
        say('the database has ended by itself; starting it again …')
        await start()
      }
      pause = LOOK_MILLISECONDS
    } catch (error) {
      pause = Math.min(pause * 2, LONGEST_PAUSE_MILLISECONDS)
      say(error instanceof Error ? error.message : String(error))
    }
    if (timer) next()
  }
  next()
  return {
    async stop() {
      if (timer) clearTimeout(timer)
      timer = null
      await turn
    },
  }
}
