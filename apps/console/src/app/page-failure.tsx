import { Stack } from '@mantine/core'
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { FailureNotice } from '../components/failure-notice.tsx'
import { toldOf } from '../platform/failure.ts'
import { NotFound } from './not-found.tsx'

/** A page that could not be read: why, and again. */
export function PageFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  if (toldOf(error).code === 'NOT_FOUND') return <NotFound />
  const again = () => {
    reset()
    void router.invalidate()
  }
  return (
    <Stack maw={720}>
      <FailureNotice error={error} retry={again} />
    </Stack>
  )
}
