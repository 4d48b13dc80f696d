import { Alert, Badge, Card, SimpleGrid, Stack, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { User } from '@probity/contract'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { type Deed, Deeds } from '../components/deeds.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Fields } from '../components/fields.tsx'
import { Moment } from '../components/moment.tsx'
import { Page } from '../components/page.tsx'
import { useMay, useMe } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { InvitationLink } from './invite.tsx'
import type PeopleTexts from './messages.en.json'
import { STATUS_COLOURS } from './people-page.tsx'
import { PersonAccess } from './person-access.tsx'
import { PersonFactors } from './person-factors.tsx'
import { PersonScopes } from './person-scopes.tsx'
import { PersonSessions } from './person-sessions.tsx'
import { userQuery } from './queries.ts'

const personRoute = getRouteApi('/inside/people/$id')

/** Somebody of the tenant: who they are, where they are logged in, what they may do. */
export function PersonPage() {
  const text = useText<typeof PeopleTexts>('people')
  const { id } = personRoute.useParams()
  const user = useSuspenseQuery(userQuery(id)).data
  const may = useMay()
  const [error, setError] = useState<unknown>(null)
  const [link, setLink] = useState<string | null>(null)
  const deeds = useDeeds(user, setLink)
  const changed = async () => {
    setError(null)
    await queries.invalidateQueries({ queryKey: ['people'] })
  }
  return (
    <Page
      title={user.display_name ?? user.username}
      description={user.email}
      actions={<Deeds deeds={deeds} onDone={changed} onError={setError} />}
    >
      <Stack>
        {error !== null && <FailureNotice error={error} />}
        {user.locked_until !== null && (
          <Alert color="orange">
            {text('person.locked')} <Moment at={user.locked_until} />
          </Alert>
        )}
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
          <Card>
            <Title order={2} mb="sm">
              {text('person.profile')}
            </Title>
            <Fields
              of={[
                [
                  text('people.status'),
                  <Badge key="status" color={STATUS_COLOURS[user.status]}>
                    {text(`status.${user.status}`)}
                  </Badge>,
                ],
                [text('person.username'), user.username],
                [text('people.email'), `${user.email}${user.email_verified ? '' : ` (${text('person.unproven')})`}`],
                [text('person.since'), <Moment key="since" at={user.created_at} />],
                [
                  text('people.last_login'),
                  user.last_login_at === null ? text('never') : <Moment key="login" at={user.last_login_at} />,
                ],
                [text('person.failed'), user.failed_login_attempts === 0 ? null : String(user.failed_login_attempts)],
                [text('person.break_glass'), user.is_break_glass ? text('yes') : null],
                [
                  text('person.id'),
                  <span key="id" className="mono">
                    {user.id}
                  </span>,
                ],
              ]}
            />
          </Card>
          <PersonScopes user={user} />
          <PersonFactors id={id} />
          {may('session:end') && <PersonSessions id={id} />}
        </SimpleGrid>
        {may('grant:read') && <PersonAccess id={id} />}
      </Stack>
      <InvitationLink link={link} onClose={() => setLink(null)} />
    </Page>
  )
}

/** What may be done with somebody, by the state that they are in. */
function useDeeds(user: User, showLink: (link: string | null) => void): Deed[] {
  const text = useText<typeof PeopleTexts>('people')
  const navigate = useNavigate()
  const may = useMay()
  const me = useMe()
  if (me.id === user.id) return []
  const name = user.display_name ?? user.username
  const set = (verb: 'suspend' | 'reactivate' | 'deactivate' | 'unlock', title: string | null, hint: string): Deed => ({
    label: text(`deed.${verb}`),
    ...(title !== null && { confirm: { title, hint }, isDangerous: true }),
    run: () => probity.setUser(user.id, verb),
  })
  const invite: Deed = {
    label: text('deed.invite_again'),
    run: async () => {
      const { invitation_url } = await probity.inviteAgain(user.id)
      showLink(invitation_url)
      if (invitation_url === null) notifications.show({ message: text('invite.mailed') })
    },
  }
  const remove: Deed = {
    label: text('deed.remove'),
    isDangerous: true,
    confirm: { title: text('deed.remove_title', { name }), hint: text('deed.remove_hint'), name: user.username },
    run: async () => {
      await probity.removeUser(user.id)
      await navigate({ to: '/people' })
    },
  }
  return [
    ...(may('user:write') && user.status === 'invited' ? [invite] : []),
    ...(may('user:suspend') && user.status === 'active'
      ? [set('suspend', text('deed.suspend_title', { name }), text('deed.suspend_hint'))]
      : []),
    ...(may('user:suspend') && (user.status === 'suspended' || user.status === 'deactivated')
      ? [set('reactivate', null, '')]
      : []),
    ...(may('user:write') && user.locked_until !== null ? [set('unlock', null, '')] : []),
    ...(may('user:write') ? [remove] : []),
  ]
}
