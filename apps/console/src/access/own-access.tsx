import { Badge, Card, List, Stack, Text, Title } from '@mantine/core'
import type { EffectiveAccess } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { Moment } from '../components/moment.tsx'
import { QueryState } from '../components/query-state.tsx'
import { probity } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { useConditionTexts } from './condition-text.ts'
import { extentText } from './extent-text.ts'
import type AccessTexts from './messages.en.json'

const ownAccessQuery = { queryKey: ['access', 'own'], queryFn: () => probity.ownAccess() }

/** What whoever is logged in may do, by which roles, and what policies say of them. */
export function OwnAccess() {
  const text = useText<typeof AccessTexts>('access')
  const query = useQuery(ownAccessQuery)
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2}>{text('own')}</Title>
        <QueryState query={query}>{query.data !== undefined && <Permitted access={query.data} />}</QueryState>
      </Stack>
    </Card>
  )
}

function Permitted({ access: { permissions, policies, scopes } }: { access: EffectiveAccess }) {
  const text = useText<typeof AccessTexts>('access')
  const { permissionText } = useConditionTexts()
  return (
    <>
      {permissions.length + policies.length + scopes.length === 0 && <Text c="dimmed">{text('own.none')}</Text>}
      {scopes.length > 0 && (
        <Text>
          {text('own.scopes')} <span className="mono">{scopes.join(', ')}</span>
        </Text>
      )}
      <List>
        {permissions.map((one) => (
          <List.Item key={`${one.grant_id} ${one.role_id} ${permissionText(one)}`}>
            <span className="mono">{permissionText(one)}</span> · {text('own.by', { role: one.role })}
            {one.resource_type !== null && (
              <>
                {' · '}
                {text('grants.on')} <span className="mono">{extentText(one)}</span>
              </>
            )}
            {one.expires_at !== null && (
              <>
                {' · '}
                {text('grants.until')} <Moment at={one.expires_at} />
              </>
            )}
          </List.Item>
        ))}
        {policies.map((one) => (
          <List.Item key={`${one.policy_id} ${one.statement}`}>
            <Badge color={one.effect === 'forbid' ? 'red' : 'green'}>{text(`effect.${one.effect}`)}</Badge>{' '}
            <span className="mono">
              {one.actions.join(', ')} {one.resource}
            </span>{' '}
            · {one.policy_name}
            {one.has_conditions && ` · ${text('own.more')}`}
          </List.Item>
        ))}
      </List>
    </>
  )
}
