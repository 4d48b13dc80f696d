import { type Problem, type ScimPatch, scimPatch } from '@probity/contract'
import type { Json } from '@probity/core'
import { fault } from './fault.ts'
import { type Operation, readOperations } from './patch.ts'
import { type Resource, requireSchemas } from './resource.ts'

const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0'
export const SEARCH_REQUEST = `${MESSAGES}:SearchRequest`
export const BULK_REQUEST = `${MESSAGES}:BulkRequest`
export const BULK_RESPONSE = `${MESSAGES}:BulkResponse`
export const LIST_RESPONSE = `${MESSAGES}:ListResponse`
const PATCH_OP = `${MESSAGES}:PatchOp`
const ERROR = `${MESSAGES}:Error`

/** Reads the body of a PATCH. Throws invalidSyntax. */
export function readPatch(body: Json): Operation[] {
  const { success, data } = scimPatch.safeParse(body)
  if (!success) throw fault('invalidSyntax', 'a patch has schemas, and Operations with op, path and value')
  return operationsOf(data)
}

/** The same, of a body that its schema has read. */
export function operationsOf({ schemas, Operations }: ScimPatch): Operation[] {
  requireMessage(PATCH_OP, schemas)
  return readOperations(Operations)
}

/** Throws invalidSyntax unless `schemas` names the message. */
export function requireMessage(id: string, schemas: readonly string[]): void {
  requireSchemas(id, { schemas: [...schemas] })
}

/** An error as RFC 7644 §3.12 has it. */
export function scimError({ status, code, message, details }: Problem): Resource {
  const scimType = details.scim_type ?? SCIM_TYPE[code]
  const issues = Array.isArray(details.issues) ? details.issues.map(issueText).join('; ') : ''
  return {
    schemas: [ERROR],
    status: String(status),
    ...(typeof scimType === 'string' && { scimType }),
    detail: issues === '' ? message : `${message}: ${issues}`,
  }
}

/** Kinds of the errors that are not SCIM's own. */
const SCIM_TYPE: Record<string, string | undefined> = {
  NAME_TAKEN: 'uniqueness',
  BAD_REQUEST: 'invalidSyntax',
  VALIDATION_FAILED: 'invalidValue',
}

function issueText(issue: { pointer?: unknown; message?: unknown }): string {
  return `${String(issue.pointer ?? '')} ${String(issue.message ?? '')}`.trim()
}
