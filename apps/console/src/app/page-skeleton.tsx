import { Skeleton, Stack } from '@mantine/core'

/** In the place of a page that is on its way. */
export function PageSkeleton() {
  return (
    <Stack gap="lg" role="status" aria-busy="true" aria-label="…">
      <Skeleton height={26} width={220} />
      <Skeleton height={14} width="55%" />
      <Skeleton height={280} />
    </Stack>
  )
}
