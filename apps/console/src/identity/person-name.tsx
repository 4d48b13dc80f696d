import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { probity } from '../platform/client.ts'

const SHOWN_DIGITS = 8

/** Somebody of the tenant, by what others see of them; null: no such person, or not to be seen. */
export function personQuery(id: string) {
  return queryOptions({
    queryKey: ['identity', 'person', id],
    queryFn: () => probity.user(id).catch(() => null),
    staleTime: 60_000,
  })
}

/** A person's name, or the beginning of the id where there is none to be seen; `isPlain`: it leads nowhere. */
export function PersonName({ id, isPlain = false }: { id: string; isPlain?: boolean }) {
  const person = useQuery(personQuery(id)).data
  if (!person)
    return (
      <span className="mono" title={id}>
        {id.slice(0, SHOWN_DIGITS)}…
      </span>
    )
  if (isPlain) return person.display_name ?? person.username
  return (
    <Link to="/people/$id" params={{ id }}>
      {person.display_name ?? person.username}
    </Link>
  )
}
