import { SegmentedControl, Switch, Textarea, TextInput } from '@mantine/core'
import type { CreateConnectionInput } from '@probity/contract'
import { useState } from 'react'
import { FormModal } from '../components/form-modal.tsx'
import { PasswordField } from '../components/password-field.tsx'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type SignInTexts from './messages.en.json'

const KINDS = ['oidc', 'saml', 'ldap'] as const
type Kind = (typeof KINDS)[number]
const EMPTY = {
  name: '',
  issuer: '',
  client_id: '',
  secret: '',
  metadata: '',
  url: '',
  user_base: '',
  bind_dn: '',
  makes: false,
}

/** Adds a provider: of OpenID Connect by its issuer, of SAML by the metadata that it publishes, of LDAP by its address. */
export function ConnectionWizard({ onClose }: { onClose(): void }) {
  const text = useText<typeof SignInTexts>('sign-in')
  const [kind, setKind] = useState<Kind>('oidc')
  const [given, setGiven] = useState(EMPTY)
  const field = (name: Exclude<keyof typeof EMPTY, 'makes'>) => ({
    value: given[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget
      setGiven((known) => ({ ...known, [name]: value }))
    },
  })
  const submit = async () => {
    await probity.addConnection(await connectionOf(kind, given))
    await queries.invalidateQueries({ queryKey: ['sign-in'] })
  }
  return (
    <FormModal
      opened
      onClose={onClose}
      title={text('connections.add')}
      verb={text('connections.add')}
      size="lg"
      onSubmit={submit}
    >
      <SegmentedControl
        aria-label={text('wizard.kind')}
        value={kind}
        onChange={(chosen) => setKind(KINDS.find((one) => one === chosen) ?? 'oidc')}
        data={KINDS.map((value) => ({ value, label: text(`wizard.${value}`) }))}
      />
      <TextInput
        label={text('wizard.name')}
        description={text('wizard.name_hint')}
        required
        data-autofocus
        {...field('name')}
      />
      {kind === 'oidc' && (
        <>
          <TextInput
            label={text('wizard.issuer')}
            description={text('wizard.issuer_hint')}
            placeholder="https://login.example.com"
            required
            {...field('issuer')}
          />
          <TextInput label="client_id" required {...field('client_id')} />
          <PasswordField label="client_secret" autoComplete="off" {...field('secret')} />
        </>
      )}
      {kind === 'saml' && (
        <Textarea
          label={text('wizard.metadata')}
          description={text('wizard.metadata_hint')}
          required
          minRows={5}
          autosize
          maxRows={12}
          classNames={{ input: 'mono' }}
          {...field('metadata')}
        />
      )}
      {kind === 'ldap' && (
        <>
          <TextInput
            label={text('wizard.url')}
            placeholder="ldaps://directory.example.com"
            required
            {...field('url')}
          />
          <TextInput
            label={text('wizard.base')}
            placeholder="ou=people,dc=example,dc=com"
            required
            {...field('user_base')}
          />
          <TextInput label={text('wizard.bind')} description={text('wizard.bind_hint')} {...field('bind_dn')} />
          <PasswordField label={text('wizard.bind_password')} autoComplete="off" {...field('secret')} />
        </>
      )}
      <Switch
        label={text('wizard.makes')}
        description={text('wizard.makes_hint')}
        checked={given.makes}
        onChange={(event) => setGiven({ ...given, makes: event.currentTarget.checked })}
      />
    </FormModal>
  )
}

async function connectionOf(kind: Kind, given: typeof EMPTY): Promise<CreateConnectionInput> {
  const common = {
    name: given.name.trim(),
    creates_accounts: given.makes,
    ...(given.secret !== '' && { secret: given.secret }),
  }
  if (kind === 'oidc')
    return { kind, ...common, settings: { issuer: given.issuer.trim(), client_id: given.client_id.trim() } }
  if (kind === 'saml') return { kind, ...common, settings: await probity.readSamlMetadata(given.metadata) }
  const bind = given.bind_dn.trim()
  return {
    kind,
    ...common,
    settings: { url: given.url.trim(), user_base: given.user_base.trim(), ...(bind !== '' && { bind_dn: bind }) },
  }
}
