import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { DomainError } from '../../platform/errors.ts'

const SCRIPT = "sessionStorage.setItem('probity.saml',document.body.dataset.answer);location.replace('../../sso')"
const POLICY = `default-src 'none'; script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`

/**
 * The page that a browser gets for the answer that a provider had it post. The answer stays in the browser, which alone has
 * the token with which it is finished; what another site posts here opens nothing without that. Throws BAD_REQUEST.
 */
export function samlPage(form: Uint8Array, reply: FastifyReply): string {
  const answer = new URLSearchParams(Buffer.from(form).toString()).get('SAMLResponse') ?? ''
  if (!/^[A-Za-z0-9+/=\s]+$/.test(answer)) throw new DomainError('BAD_REQUEST', { reason: 'there is no SAMLResponse' })
  reply.type('text/html; charset=utf-8').header('content-security-policy', POLICY)
  const kept = new URLSearchParams({ SAMLResponse: answer.replaceAll(/\s/g, '') })
  return `<!doctype html><meta charset="utf-8"><title>Probity</title><body data-answer="${kept}"><script>${SCRIPT}</script></body>`
}
