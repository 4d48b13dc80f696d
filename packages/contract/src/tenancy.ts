import { z } from 'zod'
import { line, nextCursor, pageQuery, text, timestamp, uuid } from './primitives.ts'

export const tenantName = line(255).refine((name) => name === name.trim(), 'must not begin or end with a space')

export const tenant = z.object({
  id: uuid,
  name: z.string(),
  description: z.string().nullable(),
  security_level: z.enum(['Standard', 'High', 'Critical']),
  compliance_requirements: z.array(z.string()),
  created_at: timestamp,
  updated_at: timestamp,
  is_active: z.boolean(),
})
export type Tenant = z.infer<typeof tenant>

export const createTenant = z.strictObject({
  name: tenantName,
  description: text(2000).optional(),
  security_level: z.enum(['Standard', 'High', 'Critical']).default('Standard'),
  compliance_requirements: z.array(line(100)).max(50).default([]),
})
export type CreateTenant = z.infer<typeof createTenant>

/** The new tenant, and the link that makes its first administrator. */
export const createdTenant = z.object({ tenant, setup_url: z.string() })
export const tenantPage = z.object({ tenants: z.array(tenant), next_cursor: nextCursor })
export const tenantQuery = z.strictObject(pageQuery)
