import { changeSignInRules, deviceList, devicesForgotten, signInRules } from '@probity/contract'
import { type Route, route } from '../../platform/http/route.ts'
import type { Identity } from './service.ts'

/** What a tenant asks of a log-in, and the devices that are not asked. */
export function ruleRoutes({ rules, devices }: Identity): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/sign-in-rules',
      summary: 'Read what the tenant asks of a log-in',
      permit: 'sign_in_rules:read',
      answers: { 200: signInRules },
      handle: ({ principal }) => rules.get(principal.tenantId),
    }),
    route({
      method: 'PATCH',
      path: '/v1/sign-in-rules',
      summary: 'Change what the tenant asks of a log-in; sessions that there are it binds as well',
      permit: 'sign_in_rules:write',
      changes: true,
      body: changeSignInRules,
      answers: { 200: signInRules },
      handle: ({ principal, body }) => rules.change(principal, body),
    }),
    route({
      method: 'GET',
      path: '/v1/me/devices',
      summary: 'List your devices that are not asked for a second factor',
      permit: 'own',
      answers: { 200: deviceList },
      handle: ({ principal }) => devices.list(principal),
    }),
    route({
      method: 'DELETE',
      path: '/v1/me/devices',
      summary: 'Forget your devices: each is asked for a second factor again',
      permit: 'own',
      answers: { 200: devicesForgotten },
      handle: ({ principal }) => devices.forgetOwn(principal),
    }),
  ]
}
