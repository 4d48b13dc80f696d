import {
  addPasskey,
  askedUuid,
  askPasskey,
  backupCodes,
  confirmFactor,
  factorList,
  factorSetUp,
  factorsReset,
  passkeyAdded,
  passkeyLogin,
  publicKeyOptions,
  sessionOpened,
  setUpFactor,
  stepUp,
} from '@probity/contract'
import { z } from 'zod'
import { type Route, route } from '../../platform/http/route.ts'
import type { Identity } from './service.ts'
import { clientOf } from './session-routes.ts'

const one = z.strictObject({ id: askedUuid })
const nothing = z.null()

/** Second factors, and showing them again. */
export function factorRoutes({ factors, access, passkeys }: Identity): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/auth/step-up',
      summary: 'Show password and second factor again, before what is sensitive',
      permit: 'own',
      body: stepUp,
      answers: { 200: nothing },
      async handle({ principal, body, request }) {
        await access.stepUp(principal, body, clientOf(request))
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/v1/auth/mfa/setup',
      summary: 'Set up a second factor, which counts once it is confirmed',
      permit: 'own',
      changes: true,
      body: setUpFactor,
      answers: { 200: factorSetUp },
      handle: ({ principal, body }) => factors.setUp(principal, body),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/mfa/confirm',
      summary: 'Confirm a second factor by a code; your other sessions end',
      permit: 'own',
      changes: true,
      body: confirmFactor,
      answers: { 200: backupCodes },
      handle: ({ principal, body }) => factors.confirm(principal, body),
    }),
    route({
      method: 'POST',
      path: '/v1/me/passkeys/options',
      summary: 'Get what a browser makes a passkey from',
      permit: 'own',
      changes: true,
      answers: { 200: publicKeyOptions },
      handle: ({ principal }) => passkeys.optionsToAdd(principal),
    }),
    route({
      method: 'POST',
      path: '/v1/me/passkeys',
      summary: 'Add the passkey that a browser made',
      permit: 'own',
      changes: true,
      body: addPasskey,
      answers: { 201: passkeyAdded },
      async handle({ principal, body, reply }) {
        const added = await passkeys.add(principal, body)
        reply.code(201)
        return added
      },
    }),
    route({
      method: 'POST',
      path: '/v1/auth/passkey/options',
      summary: 'Get what a browser asks its passkeys with',
      permit: 'public',
      body: askPasskey,
      answers: { 200: publicKeyOptions },
      handle: ({ body }) => passkeys.optionsToLogIn(body.tenant),
    }),
    route({
      method: 'POST',
      path: '/v1/auth/passkey',
      summary: 'Start a session with a passkey, which is both factors',
      permit: 'public',
      body: passkeyLogin,
      opensSession: true,
      answers: { 200: sessionOpened },
      handle: ({ body, request }) => passkeys.logIn(body, clientOf(request)),
    }),
    route({
      method: 'GET',
      path: '/v1/me/factors',
      summary: 'List your second factors',
      permit: 'own',
      answers: { 200: factorList },
      handle: ({ principal }) => factors.list(principal),
    }),
    route({
      method: 'DELETE',
      path: '/v1/me/factors/:id',
      summary: 'Take a second factor of yours away',
      permit: 'own',
      changes: true,
      params: one,
      answers: { 200: nothing },
      async handle({ principal, params }) {
        await factors.remove(principal, params.id)
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/v1/me/backup-codes',
      summary: 'Get other backup codes; those before are no longer good',
      permit: 'own',
      changes: true,
      answers: { 200: backupCodes },
      handle: ({ principal }) => factors.renewCodes(principal),
    }),
    route({
      method: 'GET',
      path: '/v1/users/:id/factors',
      summary: 'List the second factors of somebody of the tenant',
      permit: 'user:read',
      params: one,
      answers: { 200: factorList },
      handle: ({ principal, params }) => factors.ofPerson(principal, params.id),
    }),
    route({
      method: 'POST',
      path: '/v1/users/:id/factors/reset',
      summary: 'Take away the factors of somebody who lost them; their sessions end',
      permit: 'user:write',
      changes: true,
      params: one,
      answers: { 200: factorsReset },
      handle: ({ principal, params }) => factors.reset(principal, params.id),
    }),
  ]
}
