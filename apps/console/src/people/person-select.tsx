import { Select } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { peopleQuery } from './queries.ts'

/** Beyond so many pages nobody looks for somebody in a list: they are found by their whole name. */
const MOST_PAGES = 10

/** Somebody of the tenant, by name. */
export function PersonSelect({
  label,
  value,
  onChange,
  required = false,
}: {
  label: string
  value: string | null
  onChange(id: string | null): void
  required?: boolean
}) {
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(peopleQuery({}))
  const pages = data?.pages.length ?? 0
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && pages < MOST_PAGES) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, pages, fetchNextPage])
  const people = data?.pages.flatMap((page) => page.users) ?? []
  return (
    <Select
      label={label}
      searchable
      required={required}
      value={value}
      onChange={onChange}
      data={people.map((user) => ({
        value: user.id,
        label: user.display_name === null ? user.username : `${user.display_name} (${user.username})`,
      }))}
      flex={1}
    />
  )
}
