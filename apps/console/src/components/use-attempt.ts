import { useState } from 'react'

/** Something that the server may refuse: whether it is under way, and why it failed the last time; null: it did not. */
export function useAttempt() {
  const [error, setError] = useState<unknown>(null)
  const [isBusy, setBusy] = useState(false)
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true)
    setError(null)
    try {
      await work()
    } catch (refused) {
      setError(refused)
    } finally {
      setBusy(false)
    }
  }
  return { error, setError, isBusy, attempt }
}
