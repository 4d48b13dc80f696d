import type { Listing, Page } from '@probity/sdk'
import { infiniteQueryOptions } from '@tanstack/react-query'

type Filter = { cursor?: string | undefined }

/** A list of the server's as pages that are read on: `pages.flatMap((page) => page[name])` are its items. */
export function pagesOf<Name extends string, Item, More extends object>(
  key: readonly unknown[],
  read: (page: Filter) => Listing<Name, Item, More>,
) {
  return infiniteQueryOptions({
    queryKey: key,
    queryFn: async ({ pageParam }): Promise<Page<Name, Item> & More> =>
      await read(pageParam === undefined ? {} : { cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
}
