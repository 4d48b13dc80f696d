import { Button, Center } from '@mantine/core'
import type AppTexts from '../app/messages.en.json'
import { useText } from '../platform/text.tsx'

/** Under a list whose next page is not there yet. */
export function More({
  query,
}: {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): unknown }
}) {
  const text = useText<typeof AppTexts>('app')
  if (!query.hasNextPage) return null
  return (
    <Center>
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
        {text('more')}
      </Button>
    </Center>
  )
}
