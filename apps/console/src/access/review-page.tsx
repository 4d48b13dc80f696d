import { Group, Kbd, Stack, Text, TextInput } from '@mantine/core'
import type { ReviewItem } from '@probity/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { type Deed, Deeds } from '../components/deeds.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Moment } from '../components/moment.tsx'
import { More } from '../components/more.tsx'
import { Page } from '../components/page.tsx'
import { QueryState } from '../components/query-state.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { useMay } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type AccessTexts from './messages.en.json'
import { reviewItemsQuery, reviewQuery } from './queries.ts'
import { ChosenDeeds, ReviewRow } from './review-item.tsx'

const reviewRoute = getRouteApi('/inside/reviews/$id')

/** A review to work through: j and k go along, y keeps a grant, n ends it. */
export function ReviewPage() {
  const text = useText<typeof AccessTexts>('access')
  const { id } = reviewRoute.useParams()
  const may = useMay()
  const review = useQuery(reviewQuery(id))
  const query = useInfiniteQuery(reviewItemsQuery(id))
  const [reason, setReason] = useState('')
  const { error, setError, attempt } = useAttempt()
  const items = query.data?.pages.flatMap((page) => page.items) ?? []
  const { chosen, setChosen, list } = useChosen(items)
  const decide = async (item: ReviewItem | undefined, decision: 'keep' | 'end') => {
    if (item === undefined || item.state !== 'pending') return
    await attempt(async () => {
      await probity.decideAccessReviewItem(id, item.id, {
        decision,
        reason: reason.trim() === '' ? text(`review.reason_${decision}`) : reason.trim(),
      })
      setChosen((at) => Math.min(at + 1, items.length - 1))
      await queries.invalidateQueries({ queryKey: ['access'] })
    })
  }
  const press = (event: React.KeyboardEvent) => {
    if (event.key === 'j' || event.key === 'ArrowDown') setChosen((at) => Math.min(at + 1, items.length - 1))
    else if (event.key === 'k' || event.key === 'ArrowUp') setChosen((at) => Math.max(at - 1, 0))
    else if (event.key === 'y') void decide(items[chosen], 'keep')
    else if (event.key === 'n') void decide(items[chosen], 'end')
    else return
    event.preventDefault()
  }
  const cancel: Deed = {
    label: text('review.cancel'),
    isDangerous: true,
    confirm: {
      title: text('review.cancel_title', { name: review.data?.name ?? '' }),
      hint: text('review.cancel_hint'),
    },
    run: () => probity.cancelAccessReview(id),
  }
  const isOpen = review.data?.state === 'open'
  const isDecided = review.data?.items.pending === 0
  return (
    <Page
      title={review.data?.name ?? text('reviews')}
      description={
        review.data !== undefined && (
          <>
            {text('review.until')} <Moment at={review.data.due_at} />.{' '}
            {text('review.left', { count: review.data.items.pending })}
          </>
        )
      }
      actions={
        may('access_review:write') &&
        isOpen &&
        !isDecided && (
          <Deeds
            deeds={[cancel]}
            onDone={() => queries.invalidateQueries({ queryKey: ['access'] })}
            onError={setError}
          />
        )
      }
    >
      <Stack gap="sm">
        {error !== null && <FailureNotice error={error} />}
        {isOpen && isDecided && review.data !== undefined && (
          <Text role="status">
            {text('review.done')} <Moment at={review.data.due_at} exact />.
          </Text>
        )}
        <Group justify="space-between" align="flex-end">
          <TextInput
            label={text('review.reason')}
            description={text('review.reason_hint')}
            w={360}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Text c="dimmed">
            <Kbd>j</Kbd> <Kbd>k</Kbd> {text('review.along')} · <Kbd>y</Kbd> {text('review.keep')} · <Kbd>n</Kbd>{' '}
            {text('review.end')}
          </Text>
        </Group>
        <QueryState query={query}>
          <div
            ref={list}
            role="listbox"
            tabIndex={0}
            aria-label={text('review.items')}
            aria-activedescendant={items[chosen] === undefined ? undefined : `item-${items[chosen].id}`}
            className="table-frame"
            onKeyDown={press}
          >
            {items.map((item, at) => (
              // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and names the row (aria-activedescendant).
              // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys.
              <div
                key={item.id}
                id={`item-${item.id}`}
                role="option"
                aria-selected={at === chosen}
                onClick={() => setChosen(at)}
                className="review-item"
              >
                <ReviewRow item={item} />
              </div>
            ))}
          </div>
          <ChosenDeeds item={items[chosen]} decide={(decision) => void decide(items[chosen], decision)} />
        </QueryState>
        <More query={query} />
      </Stack>
    </Page>
  )
}

/** Which item is looked at; the list has the focus, so that its keys work at once. */
function useChosen(items: readonly ReviewItem[]) {
  const [chosen, setChosen] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const hasItems = items.length > 0
  useEffect(() => {
    if (hasItems) list.current?.focus()
  }, [hasItems])
  return { chosen, setChosen, list }
}
