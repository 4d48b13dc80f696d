import { Badge, Button, Textarea, TextInput } from '@mantine/core'
import type { Role } from '@probity/contract'
import { IconPlus } from '@tabler/icons-react'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { FormModal } from '../components/form-modal.tsx'
import { Page } from '../components/page.tsx'
import { Table } from '../components/table.tsx'
import { useMay } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type AccessTexts from './messages.en.json'
import { rolesQuery } from './queries.ts'

/** All roles, those that are there by themselves among them. */
export function RolesPage() {
  const text = useText<typeof AccessTexts>('access')
  const may = useMay()
  const navigate = useNavigate()
  const { roles } = useSuspenseQuery(rolesQuery).data
  const [isMaking, setMaking] = useState(false)
  const [name, setName] = useState('')
  const [about, setAbout] = useState('')
  return (
    <Page
      title={text('roles')}
      description={text('roles.description')}
      actions={
        may('role:write') && (
          <Button leftSection={<IconPlus size={15} />} onClick={() => setMaking(true)}>
            {text('roles.make')}
          </Button>
        )
      }
    >
      <Table<Role>
        label={text('roles')}
        rows={roles}
        rowKey={({ id }) => id}
        columns={[
          {
            id: 'name',
            header: text('name'),
            accessorKey: 'name',
            cell: ({ row: { original } }) => (
              <Link to="/roles/$id" params={{ id: original.id }}>
                {original.name}
              </Link>
            ),
          },
          { id: 'about', header: text('about'), accessorFn: ({ description }) => description ?? '' },
          { id: 'permissions', header: text('permissions'), accessorFn: ({ permissions }) => permissions.length },
          {
            id: 'kind',
            header: text('kind'),
            accessorKey: 'is_system',
            cell: ({ row }) => (
              <Badge color={row.original.is_system ? 'gray' : 'pine'}>
                {text(row.original.is_system ? 'roles.system' : 'roles.own')}
              </Badge>
            ),
          },
        ]}
      />
      <FormModal
        opened={isMaking}
        onClose={() => setMaking(false)}
        title={text('roles.make')}
        verb={text('roles.make')}
        onSubmit={async () => {
          const description = about.trim()
          const made = await probity.createRole({ name: name.trim(), ...(description !== '' && { description }) })
          await queries.invalidateQueries({ queryKey: ['access'] })
          await navigate({ to: '/roles/$id', params: { id: made.id } })
        }}
      >
        <TextInput
          label={text('name')}
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label={text('about')}
          autosize
          minRows={2}
          value={about}
          onChange={(event) => setAbout(event.currentTarget.value)}
        />
      </FormModal>
    </Page>
  )
}
