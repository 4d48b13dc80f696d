import { z } from 'zod'
import { line, timestamp, uuid } from './primitives.ts'

/** What people may let an application know or do (OpenID Connect Core §5.4, §11); `groups`: the names of their groups. */
export const APPLICATION_SCOPES = ['openid', 'profile', 'email', 'groups', 'offline_access'] as const
const scopes = z.array(z.enum(APPLICATION_SCOPES)).max(10)
const redirectUri = z
  .url()
  .max(2000)
  .refine(
    (uri) => !/^(javascript|data|file|blob|vbscript|about):/i.test(uri) && !uri.includes('#'),
    'must be an address without #, that a browser can be sent to',
  )
  .refine(
    (uri) => !/^http:/i.test(uri) || /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)[:/]/i.test(uri),
    'must be https, but on the person’s own machine',
  )

const name = line(100)
const kind = z
  .enum(['web', 'public', 'machine', 'device'])
  .describe(
    'web: keeps a secret; public: in a browser or on a device of its user; machine: acts for itself; device: has no browser',
  )

/** An application of the tenant that people log in to through Probity. */
export const application = z.object({
  id: uuid.describe('The client_id'),
  name,
  kind,
  redirect_uris: z.array(z.string()),
  scopes,
  is_enabled: z.boolean(),
  issuer: z.string().describe('What the application is set to; the rest is discovered there'),
  created_at: timestamp,
  updated_at: timestamp,
  version: z.number().int(),
})
export type Application = z.infer<typeof application>
export const applicationList = z.object({ applications: z.array(application) })
export const createdApplication = application.extend({
  client_secret: z.string().nullable().describe('Shown once; null: it keeps none'),
})
export type CreatedApplication = z.infer<typeof createdApplication>

export const createApplication = z.strictObject({
  name,
  kind,
  redirect_uris: z.array(redirectUri).max(20).default([]),
  scopes: scopes.default(['openid', 'profile', 'email']),
})
export type CreateApplicationInput = z.input<typeof createApplication>
export type CreateApplication = z.infer<typeof createApplication>
export const changeApplication = z
  .strictObject({
    version: z.number().int().min(1),
    name,
    redirect_uris: z.array(redirectUri).max(20),
    scopes,
    is_enabled: z.boolean(),
    new_secret: z.literal(true).describe('Another secret; the one before is good no more'),
  })
  .partial()
export type ChangeApplication = z.infer<typeof changeApplication>

/** What an application asks of the person whose browser is here. */
export const consentAsked = z.object({
  application: z.object({ id: uuid, name }),
  scopes: z.array(z.string()),
  was_granted: z.boolean().describe('Whether the person let it do all of this before'),
  is_device: z.boolean().describe('Whether it is for a device elsewhere; ask whether the code there is the one typed'),
})
export type ConsentAsked = z.infer<typeof consentAsked>
export const answerConsent = z.strictObject({ grant: z.boolean() })
export type AnswerConsent = z.infer<typeof answerConsent>
export const consentAnswered = z.object({ redirect_to: z.string().describe('Where the browser goes on') })
export type ConsentAnswered = z.infer<typeof consentAnswered>

/** Applications that a person let in. */
export const grantedApplications = z.object({ applications: z.array(z.object({ application_id: uuid, name })) })
export type GrantedApplications = z.infer<typeof grantedApplications>
export const providerKeys = z.object({
  keys: z.array(
    z.object({ id: z.string(), state: z.enum(['signs', 'next', 'retired']), retires_at: timestamp.nullable() }),
  ),
})
export type ProviderKeys = z.infer<typeof providerKeys>
