import type { ReactNode } from 'react'

/** Names and what they stand for. What is null is left out. */
export function Fields({ of }: { of: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="fields">
      {of
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value]) => [<dt key={`${name} name`}>{name}</dt>, <dd key={name}>{value}</dd>])}
    </dl>
  )
}
