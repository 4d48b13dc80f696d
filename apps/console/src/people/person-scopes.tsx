import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import type { Scope, User } from '@probity/contract'
import { useState } from 'react'
import { FormModal } from '../components/form-modal.tsx'
import { useMay, useMe } from '../identity/me.ts'
import { ScopeSelect } from '../identity/scope-select.tsx'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PeopleTexts from './messages.en.json'

/** What somebody may do in Probity itself, beside what roles give. */
export function PersonScopes({ user }: { user: User }) {
  const text = useText<typeof PeopleTexts>('people')
  const may = useMay()
  const me = useMe()
  const [isEdited, setEdited] = useState(false)
  const [scopes, setScopes] = useState<Scope[]>(user.scopes)
  const added = scopes.filter((scope) => !user.scopes.includes(scope))
  const removed = user.scopes.filter((scope) => !scopes.includes(scope))
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('scopes')}</Title>
          {may('user:write') && me.id !== user.id && (
            <Button
              variant="default"
              onClick={() => {
                setScopes(user.scopes)
                setEdited(true)
              }}
            >
              {text('scopes.change')}
            </Button>
          )}
        </Group>
        {user.scopes.length + user.group_scopes.length === 0 && <Text c="dimmed">{text('scopes.none')}</Text>}
        <Group gap={6}>
          {user.scopes.map((scope) => (
            <Badge key={scope}>{scope}</Badge>
          ))}
          {user.group_scopes.map((scope) => (
            <Badge key={`group ${scope}`} color="gray">
              {text('scopes.by_group', { scope })}
            </Badge>
          ))}
        </Group>
      </Stack>
      <FormModal
        opened={isEdited}
        onClose={() => setEdited(false)}
        title={text('scopes.change')}
        verb={text('save')}
        onSubmit={async () => {
          await probity.changeUser(user.id, { scopes, version: user.version })
          await queries.invalidateQueries({ queryKey: ['people'] })
        }}
      >
        <ScopeSelect label={text('scopes')} value={scopes} onChange={setScopes} />
        {added.length + removed.length > 0 && (
          <Text role="status">
            {added.map((scope) => (
              <Badge key={scope} color="green" mr={6}>
                + {scope}
              </Badge>
            ))}
            {removed.map((scope) => (
              <Badge key={scope} color="red" mr={6}>
                − {scope}
              </Badge>
            ))}
          </Text>
        )}
      </FormModal>
    </Card>
  )
}
