import { Badge, Card, Group, Stack, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { FailureNotice } from '../components/failure-notice.tsx'
import { useMay, useMe } from '../identity/me.ts'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type OverviewTexts from './messages.en.json'

/** Of each kind so many are counted at most. */
const MOST = 200
/** Of policies and reviews so many are named. */
const MOST_SHOWN = 5

/** What somebody else cannot go on with before whoever is logged in answers; gone where nothing waits. */
export function Waiting() {
  const text = useText<typeof OverviewTexts>('overview')
  const { data, error, refetch } = useWaiting()
  if (error) return <FailureNotice error={error} retry={() => void refetch()} />
  if (data === undefined) return null
  const { policies, elevations, reviews } = data
  if (policies.length + elevations + reviews.length === 0) return null
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2}>{text('waiting')}</Title>
        {policies.slice(0, MOST_SHOWN).map(({ id, policy_name }) => (
          <Group key={id} gap="xs">
            <Link to="/policies/$id" params={{ id }}>
              {policy_name}
            </Link>
            {text('waiting.policy')}
          </Group>
        ))}
        {policies.length > MOST_SHOWN && (
          <Link to="/policies">{text('waiting.policies', { count: policies.length - MOST_SHOWN })}</Link>
        )}
        {elevations > 0 && (
          <Group gap="xs">
            <Link to="/elevations">{text('waiting.elevations', { count: elevations })}</Link>
          </Group>
        )}
        {reviews.slice(0, MOST_SHOWN).map(({ id, name, items }) => (
          <Group key={id} gap="xs">
            <Link to="/reviews/$id" params={{ id }}>
              {name}
            </Link>
            {text('waiting.review')} <Badge color="blue">{text('waiting.items', { count: items.pending })}</Badge>
          </Group>
        ))}
        {reviews.length > MOST_SHOWN && (
          <Link to="/reviews">{text('waiting.reviews', { count: reviews.length - MOST_SHOWN })}</Link>
        )}
      </Stack>
    </Card>
  )
}

/** Asks each list that whoever is logged in may read, and keeps what is theirs to answer. */
function useWaiting() {
  const me = useMe()
  const may = useMay()
  const none = { policies: [], elevations: [], reviews: [] }
  return useQuery({
    queryKey: ['waiting', me.id],
    queryFn: async () => {
      const [{ policies }, { elevations }, { reviews }] = await Promise.all([
        may('policy:approve') ? probity.policies({ state: 'in_review', limit: MOST }) : none,
        may('grant:read') ? probity.elevations({ state: 'pending', limit: MOST }) : none,
        probity.accessReviews({ limit: MOST }),
      ])
      return {
        policies: policies.filter(({ created_by, submitted_by }) => ![created_by, submitted_by].includes(me.id)),
        elevations: elevations.filter(({ user_id }) => user_id !== me.id).length,
        reviews: reviews.filter(
          ({ state, items, reviewer_ids }) =>
            state === 'open' && items.pending > 0 && (reviewer_ids.length === 0 || reviewer_ids.includes(me.id)),
        ),
      }
    },
    refetchOnMount: 'always',
  })
}
