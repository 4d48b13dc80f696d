import { MultiSelect } from '@mantine/core'
import type { Scope } from '@probity/contract'
import type PeopleTexts from '../people/messages.en.json'
import { useText } from '../platform/text.tsx'

/** In the order in which they are offered. */
const SCOPES: readonly Scope[] = [
  'audit:write',
  'audit:read',
  'audit:read_personal',
  'audit:verify',
  'subject:erase',
  'tenant:admin',
  'identity:provision',
  'access:decide',
  'platform:operate',
]

interface ScopeSelectProps {
  label: string
  value: Scope[]
  onChange(scopes: Scope[]): void
  required?: boolean
}

/** What a token or somebody may do; each scope says of what it is. */
export function ScopeSelect({ label, value, onChange, required = false }: ScopeSelectProps) {
  const text = useText<typeof PeopleTexts>('people')
  return (
    <MultiSelect
      label={label}
      description={text('scopes.hint')}
      data={SCOPES.map((scope) => ({ value: scope, label: `${scope} — ${text(`scope.${scope}`)}` }))}
      value={value}
      onChange={(chosen) => onChange(SCOPES.filter((scope) => chosen.includes(scope)))}
      required={required}
      clearable={false}
      searchable
    />
  )
}
