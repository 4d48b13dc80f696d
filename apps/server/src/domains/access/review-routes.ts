import {
  accessReview,
  createReview,
  decideItem,
  reviewItem,
  reviewItemPage,
  reviewItemQuery,
  reviewPage,
  reviewQuery,
  uuid,
} from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Access } from './service.ts'

const one = z.strictObject({ id: uuid })

/** Access reviews. */
export function reviewRoutes({ reviews }: Access): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/access/reviews',
      summary: 'List access reviews: all as an administrator, else those in which you decide',
      permit: 'own',
      query: reviewQuery,
      answers: { 200: reviewPage },
      handle: ({ principal, query }) => reviews.list(principal, query),
    }),
    route({
      method: 'POST',
      path: '/v1/access/reviews',
      summary: 'Have reviewers say of each grant whether it stays; what nobody answers in time ends',
      permit: 'access_review:write',
      changes: true,
      creates: true,
      body: createReview,
      answers: { 201: accessReview },
      async handle({ principal, body, reply }) {
        const made = await reviews.create(principal, body)
        reply.code(201)
        return made
      },
    }),
    route({
      method: 'GET',
      path: '/v1/access/reviews/:id',
      summary: 'Read an access review: how many grants stay, end, or wait for an answer',
      permit: 'own',
      params: one,
      answers: { 200: accessReview },
      handle: ({ principal, params }) => reviews.get(principal, params.id),
    }),
    route({
      method: 'POST',
      path: '/v1/access/reviews/:id/cancel',
      summary:
        'End an access review before its time; what was decided stays so, and nothing more is taken from anybody',
      permit: 'access_review:write',
      changes: true,
      params: one,
      answers: { 200: accessReview },
      handle: ({ principal, params }) => reviews.cancel(principal, params.id),
    }),
    route({
      method: 'GET',
      path: '/v1/access/reviews/:id/items',
      summary: 'List the grants of an access review, as they were when it began',
      permit: 'own',
      params: one,
      query: reviewItemQuery,
      answers: { 200: reviewItemPage },
      handle: ({ principal, params, query }) => reviews.items(principal, params.id, query),
    }),
    route({
      method: 'POST',
      path: '/v1/access/reviews/:id/items/:item/decide',
      summary: 'Keep a grant, or end it at once',
      permit: 'own',
      changes: true,
      params: one.extend({ item: uuid }),
      body: decideItem,
      answers: { 200: reviewItem },
      handle: ({ principal, params, body }) => reviews.decide(principal, params, body),
    }),
  ]
}
