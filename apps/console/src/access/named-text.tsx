import { useQueries, useQuery } from '@tanstack/react-query'
import { useMay, useMe } from '../identity/me.ts'
import { personQuery } from '../identity/person-name.tsx'
import { useText } from '../platform/text.tsx'
import type AccessTexts from './messages.en.json'
import { rolesQuery } from './queries.ts'

const IDENTIFIED = /\b(User|Role)(::"|\/)([0-9a-f]{8}-[0-9a-f-]{27})/g
/** How the server writes that it does not matter who or what it is. */
const ANYTHING = /([A-Za-z_][\w:]*)\/nobody in particular/g
const SHOWN_DIGITS = 8

/** A text of the server's with the names of people and roles in the place of their ids, which are there on hover. */
export function NamedText({ children }: { children: string }) {
  const text = useText<typeof AccessTexts>('access')
  const nameOf = useNames(children)
  const named = children
    .replace(IDENTIFIED, (_, kind: string, between: string, id: string) => `${kind}${between}${nameOf(id)}`)
    .replace(ANYTHING, (_, type: string) => (type === 'User' ? text('any.person') : text('any.of', { type })))
  return named === children ? children : <span title={children}>{named}</span>
}

/** Names of those that a text is about, as far as whoever is logged in sees them. */
function useNames(said: string): (id: string) => string {
  const me = useMe()
  const may = useMay()
  const found = [...said.matchAll(IDENTIFIED)]
  const others = new Set(found.flatMap(([, kind, , id]) => (kind === 'User' && id && id !== me.id ? [id] : [])))
  const people = useQueries({ queries: [...others].map(personQuery) })
  const needsRoles = found.some(([, kind]) => kind === 'Role')
  const roles = useQuery({ ...rolesQuery, enabled: needsRoles && may('role:read') }).data?.roles
  const names = new Map<string, string>([[me.id, me.display_name ?? me.username]])
  for (const { data } of people) if (data) names.set(data.id, data.display_name ?? data.username)
  for (const { id, name } of roles ?? []) names.set(id, name)
  return (id) => names.get(id) ?? `${id.slice(0, SHOWN_DIGITS)}…`
}
