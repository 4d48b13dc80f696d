import { Button, Modal, Stack, Text, TextInput } from '@mantine/core'
import type { Scope } from '@probity/contract'
import { useState } from 'react'
import { CopyField } from '../components/copy-field.tsx'
import { FormModal } from '../components/form-modal.tsx'
import { ScopeSelect } from '../identity/scope-select.tsx'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PeopleTexts from './messages.en.json'

/** Invites somebody; where the server sends no mail, the link is shown to be handed over. */
export function Invite({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const text = useText<typeof PeopleTexts>('people')
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<Scope[]>([])
  const [link, setLink] = useState<string | null>(null)
  const submit = async () => {
    const display_name = name.trim()
    const invited = await probity.invite({ email, scopes, ...(display_name !== '' && { display_name }) })
    setLink(invited.invitation_url)
    setEmail('')
    setName('')
    setScopes([])
    await queries.invalidateQueries({ queryKey: ['people', 'list'] })
  }
  return (
    <>
      <FormModal
        opened={opened}
        onClose={onClose}
        title={text('invite.title')}
        verb={text('invite.send')}
        onSubmit={submit}
      >
        <TextInput
          label={text('people.email')}
          type="email"
          required
          data-autofocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <TextInput label={text('people.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <ScopeSelect label={text('scopes')} value={scopes} onChange={setScopes} />
      </FormModal>
      <InvitationLink link={link} onClose={() => setLink(null)} />
    </>
  )
}

/** A link that is shown once. */
export function InvitationLink({ link, onClose }: { link: string | null; onClose(): void }) {
  const text = useText<typeof PeopleTexts>('people')
  return (
    <Modal
      opened={link !== null}
      onClose={onClose}
      title={text('invite.link')}
      centered
      closeButtonProps={{ 'aria-label': text('close') }}
    >
      <Stack>
        <Text>{text('invite.hand_over')}</Text>
        <CopyField label={text('invite.link')} value={link ?? ''} />
        <Button onClick={onClose}>{text('close')}</Button>
      </Stack>
    </Modal>
  )
}
