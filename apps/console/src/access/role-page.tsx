import { Alert, Button, Card, Group, MultiSelect, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { Role } from '@probity/contract'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Deeds } from '../components/deeds.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Page } from '../components/page.tsx'
import { useAttempt } from '../components/use-attempt.ts'
import { useMay } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import { type EditedPermission, faultOf, takenOf } from './condition-draft.ts'
import { useConditionTexts } from './condition-text.ts'
import { effectiveOf } from './effective-permissions.ts'
import type AccessTexts from './messages.en.json'
import { isBegun, PermissionEditor, type WrittenPermission, writtenPermission } from './permission-editor.tsx'
import { roleQuery, rolesQuery } from './queries.ts'
import { RoleGrants } from './role-grants.tsx'

const roleRoute = getRouteApi('/inside/roles/$id')

/** A role: what it lets somebody do, itself and by its parents; what a change would change is shown before it is saved. */
export function RolePage() {
  const { id } = roleRoute.useParams()
  const role = useSuspenseQuery(roleQuery(id)).data
  return <RoleEditor key={`${role.id} ${role.version}`} role={role} />
}

const NOTHING_WRITTEN: WrittenPermission = { action: '', resource: '' }

function RoleEditor({ role }: { role: Role }) {
  const text = useText<typeof AccessTexts>('access')
  const may = useMay()
  const navigate = useNavigate()
  const { roles } = useSuspenseQuery(rolesQuery).data
  const { permissionText } = useConditionTexts()
  const [edited, setEdited] = useState(() => editedOf(role))
  const [written, setWritten] = useState(NOTHING_WRITTEN)
  const [parents, setParents] = useState<string[]>(role.parent_roles)
  const [areFaultsShown, setFaultsShown] = useState(false)
  const { error, setError, isBusy, attempt } = useAttempt()
  const canWrite = may('role:write') && !role.is_system
  // What is being written counts: a condition that nobody pressed a button for would else be lost in silence.
  const added = writtenPermission(written)
  const permissions = (added === null ? edited : [...edited, added]).map(takenOf)
  const isFaulty =
    edited.some(({ draft }) => draft !== null && faultOf(draft) !== null) || (isBegun(written) && added === null)
  const before = effectiveOf(role, roles, permissionText)
  const after = effectiveOf({ ...role, permissions, parent_roles: parents }, roles, permissionText)
  const gained = after.filter((one) => !before.includes(one))
  const removed = before.filter((one) => !after.includes(one))
  const isChanged =
    edited.some(({ draft }) => draft !== null) ||
    JSON.stringify([permissions, parents]) !== JSON.stringify([role.permissions, role.parent_roles])
  const save = () => {
    if (isFaulty) {
      setFaultsShown(true)
      return
    }
    return attempt(async () => {
      await probity.changeRole(role.id, { permissions, parent_roles: parents, version: role.version })
      await queries.invalidateQueries({ queryKey: ['access'] })
      notifications.show({ message: text('role.saved', { name: role.name }) })
    })
  }
  const undo = () => {
    setEdited(editedOf(role))
    setWritten(NOTHING_WRITTEN)
    setParents(role.parent_roles)
    setFaultsShown(false)
    setError(null)
  }
  const remove = async () => {
    await probity.removeRole(role.id)
    await queries.invalidateQueries({ queryKey: ['access'] })
    await navigate({ to: '/roles' })
  }
  return (
    <Page
      title={role.name}
      description={role.description ?? text(role.is_system ? 'role.system' : 'role.own')}
      actions={
        canWrite && (
          <Deeds
            deeds={[
              {
                label: text('role.remove'),
                isDangerous: true,
                confirm: {
                  title: text('role.remove_title', { name: role.name }),
                  hint: text('role.remove_hint'),
                  name: role.name,
                },
                run: remove,
              },
            ]}
            onDone={() => undefined}
            onError={setError}
          />
        )
      }
    >
      {error !== null && <FailureNotice error={error} />}
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Card>
          <Stack>
            <Title order={2}>{text('permissions')}</Title>
            {permissions.some(({ action, resource }) => action === '*' || resource === '*') && (
              <Text c="dimmed">{text('permissions.star')}</Text>
            )}
            <PermissionEditor
              permissions={edited}
              written={written}
              canWrite={canWrite}
              areFaultsShown={areFaultsShown}
              onChange={setEdited}
              onWritten={setWritten}
              onFault={() => setFaultsShown(true)}
            />
            <MultiSelect
              label={text('role.parents')}
              description={text('role.parents_hint')}
              data={roles.filter(({ id }) => id !== role.id).map(({ id, name }) => ({ value: id, label: name }))}
              value={parents}
              onChange={setParents}
              disabled={!canWrite}
              searchable
            />
          </Stack>
        </Card>
        <Stack>
          <Card>
            <Stack gap="xs">
              <Title order={2}>{text('role.effective')}</Title>
              {after.length === 0 && <Text c="dimmed">{text('role.nothing')}</Text>}
              {after.map((one) => (
                <Text key={one} className="mono" {...(gained.includes(one) && { c: 'green' })}>
                  {gained.includes(one) ? `+ ${one}` : one}
                </Text>
              ))}
              {removed.map((one) => (
                <Text key={one} className="mono" c="red">
                  <del>− {one}</del>
                </Text>
              ))}
            </Stack>
          </Card>
          {isChanged && (
            <Alert
              role="status"
              color="blue"
              title={text('role.diff', { added: gained.length, removed: removed.length })}
            >
              {isFaulty && areFaultsShown && <Text>{text('role.faulty')}</Text>}
              <Group mt="xs">
                <Button loading={isBusy} onClick={() => void save()}>
                  {text('save')}
                </Button>
                <Button variant="default" onClick={undo}>
                  {text('role.undo')}
                </Button>
              </Group>
            </Alert>
          )}
        </Stack>
      </SimpleGrid>
      {may('grant:read') && <RoleGrants role={role} />}
    </Page>
  )
}

function editedOf({ permissions }: Role): EditedPermission[] {
  return permissions.map((permission) => ({ permission, draft: null }))
}
