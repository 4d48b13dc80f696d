import assert from 'node:assert/strict'
import type { Answer, TestServer } from './server.ts'

let count = 0

/** A draft of Access, with a test that any text passes which says nothing of `x`. */
export async function policyWritten(server: TestServer, cedar: string, more: object = {}): Promise<Answer['body']> {
  const x = { type: 'x', id: 'x' }
  const tests = [{ name: 'other', principal: x, action: 'x', resource: x, expect: 'deny' }]
  const rules = { policy_type: 'Access', policy_rules: { cedar }, tests }
  const made = await server.call('POST', '/v1/policies', { policy_name: `policy ${++count}`, ...rules, ...more })
  assert.equal(made.status, 201, made.text)
  return made.body
}

/** The same in force: approved in the session `second`, of somebody else who was there before it was written. */
export async function policyInForce(
  server: TestServer,
  second: string,
  cedar: string,
  more: object = {},
): Promise<Answer['body']> {
  return policyApproved(server, second, await policyWritten(server, cedar, more))
}

/** A version that is a draft, submitted and approved. */
export async function policyApproved(
  server: TestServer,
  second: string,
  policy: { id: string; version: number },
): Promise<Answer['body']> {
  const step = `/v1/policies/${policy.id}/versions/${policy.version}`
  const submitted = await server.call('POST', `${step}/submit`, { accept_warnings: true })
  assert.equal(submitted.status, 200, submitted.text)
  const approved = await server.call('POST', `${step}/approve`, undefined, { token: second })
  assert.equal(approved.status, 200, approved.text)
  return { ...policy, since: approved.body.effective_date }
}
