import { queryOptions } from '@tanstack/react-query'
import { probity } from '../platform/client.ts'
import { pagesOf } from '../platform/lists.ts'

/** The most that the server gives at once; a tenant with more has them found by name. */
const MOST_ROLES = 200
const MOST_GRANTS = 500

export const rolesQuery = queryOptions({
  queryKey: ['access', 'roles'],
  queryFn: () => probity.roles({ limit: MOST_ROLES }),
})

export function roleQuery(id: string) {
  return queryOptions({ queryKey: ['access', 'role', id], queryFn: () => probity.role(id) })
}

export function grantsOfRole(id: string) {
  return pagesOf(['access', 'grants', id], (page) => probity.grants({ role_id: id, ...page }))
}

/** As many grants of a role as the server gives at once, to find of some who gave them, and why. */
export function manyGrantsOfRole(id: string) {
  return queryOptions({
    queryKey: ['access', 'many-grants', id],
    queryFn: async () => await probity.grants({ role_id: id, limit: MOST_GRANTS }),
  })
}

export const reviewsQuery = pagesOf(['access', 'reviews'], (page) => probity.accessReviews(page))

export function reviewQuery(id: string) {
  return queryOptions({ queryKey: ['access', 'review', id], queryFn: () => probity.accessReview(id) })
}

export function reviewItemsQuery(id: string) {
  return pagesOf(['access', 'review-items', id], (page) => probity.accessReviewItems(id, page))
}

export const elevationsQuery = pagesOf(['access', 'elevations'], (page) => probity.elevations(page))
