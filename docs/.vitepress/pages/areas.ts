import { openApiDocument } from '@probity/server/routes'
import type { Description, Operation } from './openapi.ts'

export interface Area {
  /** As it stands in the address of its page. */
  area: string
  title: string
  link: string
  operations: { method: string; path: string; operation: Operation }[]
}

/** What a server says of itself, by routes that nobody calls. */
export const description = openApiDocument() as Description // the shape is ours, and every page is looked at by a test

/** Operations by area, in the order of its name. */
export function areas(): Area[] {
  const found = new Map<string, Area>()
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const name = operation.tags[0] ?? 'operations'
      const area = found.get(name) ?? { area: name, title: titleOf(name), link: `/api/${name}`, operations: [] }
      area.operations.push({ method: method.toUpperCase(), path, operation })
      found.set(name, area)
    }
  }
  return [...found.values()].sort((a, b) => (a.title < b.title ? -1 : 1))
}

const TITLES: Record<string, string> = {
  auth: 'Log-in and decisions',
  me: 'One’s own account',
  oidc: 'OpenID provider',
  scim: 'SCIM 2.0',
  setup: 'Set-up',
  connections: 'Identity providers',
  'provider-keys': 'Keys of the OpenID provider',
  'well-known': 'Discovery',
  keys: 'Keys of the installation',
}

function titleOf(area: string): string {
  return TITLES[area] ?? `${area.slice(0, 1).toUpperCase()}${area.slice(1).replaceAll('-', ' ')}`
}
