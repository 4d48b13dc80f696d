import { Button, Checkbox, Divider, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconFingerprint, IconLogin2 } from '@tabler/icons-react'
import { Link, useLocation, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { PasswordField } from '../components/password-field.tsx'
import { addressOf } from '../platform/base.ts'
import { useText } from '../platform/text.tsx'
import { wayInOf } from '../platform/way-in.ts'
import { knownTenant, knownTenants } from './known-tenant.ts'
import { type Asked, leaveForProvider, logInWithPasskey, logInWithPassword } from './log-in.ts'
import type IdentityTexts from './messages.en.json'
import { IS_WITHOUT_NAME, PasskeyPlace } from './passkey-place.tsx'
import { SecondFactor } from './second-factor.tsx'

export function LoginPage() {
  const text = useText<typeof IdentityTexts>('identity')
  const router = useRouter()
  useLocation() // drawn anew where the address changes, whose own hash is read: the router's is decoded
  const { to, wasEnded, isSwitch } = wayInOf(location.hash)
  const [asked, setAsked] = useState<Asked | null>(null)
  const [busy, setBusy] = useState<'password' | 'passkey' | 'provider' | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [isNameless, setNameless] = useState(false)
  const [noProvider, setNoProvider] = useState(false)
  const form = useForm({
    initialValues: { tenant: isSwitch ? '' : knownTenant(), username: '', password: '', remember_me: false },
    validate: {
      tenant: (value) => (value.trim() === '' ? text('login.tenant_needed') : null),
    },
  })
  useEffect(() => {
    document.title = `${text('login.title')} · Probity`
  }, [text])
  const goOn = () => router.history.push(addressOf(to))
  const attempt = async (kind: 'password' | 'passkey' | 'provider', work: () => Promise<void>) => {
    setBusy(kind)
    setError(null)
    setNoProvider(false)
    try {
      await work()
    } catch (refused) {
      setError(refused)
    } finally {
      setBusy(null)
    }
  }
  if (asked !== null)
    return <SecondFactor asked={asked} credentials={form.values} onDone={goOn} onBack={() => setAsked(null)} />
  const byPassword = () =>
    attempt('password', async () => {
      const more = await logInWithPassword(form.values)
      if (more === null) goOn()
      else setAsked(more)
    })
  const byPasskey = () => {
    if (IS_WITHOUT_NAME) return setNameless(true)
    return attempt('passkey', async () => {
      if (form.validate().hasErrors) return
      await logInWithPasskey(form.values.tenant, form.values.remember_me)
      goOn()
    })
  }
  const byProvider = () =>
    attempt('provider', async () => setNoProvider(!(await leaveForProvider(form.values.username, to))))
  return (
    <form onSubmit={form.onSubmit(() => void byPassword())}>
      <Stack>
        <Title order={1}>{text('login.title')}</Title>
        {wasEnded && error === null && <Text role="status">{text('login.ended')}</Text>}
        {error !== null && <FailureNotice error={error} />}
        <TextInput
          label={text('login.tenant')}
          description={text('login.tenant_hint')}
          autoComplete="organization"
          list="organisations"
          required
          {...form.getInputProps('tenant')}
        />
        <datalist id="organisations">
          {knownTenants().map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <TextInput
          label={text('login.username')}
          autoComplete="username webauthn"
          required
          {...form.getInputProps('username')}
        />
        <PasswordField
          label={text('login.password')}
          autoComplete="current-password"
          required
          {...form.getInputProps('password')}
        />
        <Checkbox label={text('login.remember')} {...form.getInputProps('remember_me', { type: 'checkbox' })} />
        <Button type="submit" loading={busy === 'password'} leftSection={<IconLogin2 size={16} />}>
          {text('login.submit')}
        </Button>
        <Divider label={text('login.or')} />
        <Button
          variant="default"
          loading={busy === 'passkey'}
          onClick={() => void byPasskey()}
          leftSection={<IconFingerprint size={16} />}
        >
          {text('login.passkey')}
        </Button>
        {isNameless && <PasskeyPlace />}
        <Button
          variant="default"
          loading={busy === 'provider'}
          disabled={!form.values.username.includes('@')}
          onClick={() => void byProvider()}
        >
          {text('login.provider')}
        </Button>
        {noProvider && (
          <Text role="status" size="sm">
            {text('login.no_provider')}
          </Text>
        )}
        <Text size="sm" ta="center">
          <Link to="/forgot">{text('login.forgot')}</Link>
        </Text>
      </Stack>
    </form>
  )
}
