import { Badge, Box, Button, Group, Text } from '@mantine/core'
import type { ReviewItem } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Moment } from '../components/moment.tsx'
import { useMay } from '../identity/me.ts'
import { PersonName } from '../identity/person-name.tsx'
import { useText } from '../platform/text.tsx'
import { useConditionTexts } from './condition-text.ts'
import { effectiveOf } from './effective-permissions.ts'
import { extentText } from './extent-text.ts'
import type AccessTexts from './messages.en.json'
import { manyGrantsOfRole, rolesQuery } from './queries.ts'

const COLOURS: Record<ReviewItem['state'], string> = {
  pending: 'blue',
  kept: 'green',
  ended: 'red',
  unanswered: 'red',
  changed: 'gray',
  protected: 'gray',
  cancelled: 'gray',
}
/** Permissions of a role that a row names. */
const MOST_NAMED = 4

/** A grant under review: who has what, what that permits, who gave it and why. */
export function ReviewRow({ item }: { item: ReviewItem }) {
  const text = useText<typeof AccessTexts>('access')
  const may = useMay()
  const { permissionText } = useConditionTexts()
  const roles = useQuery({ ...rolesQuery, enabled: may('role:read') }).data?.roles ?? []
  const grants = useQuery({ ...manyGrantsOfRole(item.role_id), enabled: may('grant:read') }).data?.grants
  const role = roles.find(({ id }) => id === item.role_id)
  const permitted = role === undefined ? [] : effectiveOf(role, roles, permissionText)
  const grant = grants?.find(({ id }) => id === item.id)
  const what = [...permitted.slice(0, MOST_NAMED), ...(permitted.length > MOST_NAMED ? ['…'] : [])].join(', ')
  return (
    <>
      <Box style={{ flex: 1, minWidth: 0 }}>
        <Text component="span">
          {item.user_id === null ? item.group_id?.slice(0, 8) : <PersonName id={item.user_id} isPlain />} ·{' '}
          <b>{item.role ?? '—'}</b> · <span className="mono">{extentText(item)}</span>
        </Text>
        <Text size="sm" c="dimmed">
          {what !== '' && `${text('review.permits', { what })} · `}
          {grant !== undefined && (
            <>
              {text('review.by')} <PersonName id={grant.granted_by} isPlain />{' '}
            </>
          )}
          <Moment at={item.granted_at} />
          {grant?.reason && ` · ${grant.reason}`}
        </Text>
      </Box>
      <Badge color={COLOURS[item.state]}>{text(`item.${item.state}`)}</Badge>
    </>
  )
}

interface ChosenDeedsProps {
  item: ReviewItem | undefined
  decide(decision: 'keep' | 'end'): void
}

/** What can be done with the chosen grant; one that was ended by mistake is given again where roles are given. */
export function ChosenDeeds({ item, decide }: ChosenDeedsProps) {
  const text = useText<typeof AccessTexts>('access')
  const may = useMay()
  if (item?.state === 'pending')
    return (
      <Group>
        <Button onClick={() => decide('keep')}>{text('review.keep')}</Button>
        <Button color="red" variant="light" onClick={() => decide('end')}>
          {text('review.end')}
        </Button>
        <Text c="dimmed">{text('review.final')}</Text>
      </Group>
    )
  if (item?.state !== 'ended' || item.role === null || !may('role:read')) return null
  return (
    <Link to="/roles/$id" params={{ id: item.role_id }}>
      {text('review.give_again', { role: item.role })}
    </Link>
  )
}
