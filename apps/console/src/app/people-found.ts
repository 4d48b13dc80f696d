import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { probity } from '../platform/client.ts'

const PAUSE_MILLISECONDS = 300
const LEAST_CHARACTERS = 3
const MOST_FOUND = 5

/** People by the whole name or address that is typed, asked for once somebody pauses; none for who may not see them. */
export function usePeopleFound(typed: string, permits: readonly string[]) {
  const [paused] = useDebouncedValue(typed.trim(), PAUSE_MILLISECONDS)
  const { data } = useQuery({
    queryKey: ['people', 'found', paused],
    queryFn: async () => await probity.users({ name: paused, limit: MOST_FOUND }),
    enabled: paused.length >= LEAST_CHARACTERS && permits.includes('user:read'),
  })
  return paused === typed.trim() ? (data?.users ?? []) : []
}
