import { problem, scopeOf } from '@probity/contract'
import { z } from 'zod'
import { permitsOf, type Route } from './route.ts'

/** OpenAPI 3.1 of all routes, from the schemas that also parse. */
export function openApi(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}').replaceAll('*', '{path}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  const shared = { Problem: jsonSchema(problem, 'output') }
  const described = hoisted(paths, shared)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Probity',
      version,
      description: 'System of record for security and compliance',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: described,
    components: {
      schemas: shared,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'API token or session' } },
    },
  }
}

/** Schemas that name themselves stand in `$defs` of whatever has them; here they go to where the document looks for them. */
function hoisted(part: unknown, shared: Record<string, object>): unknown {
  if (Array.isArray(part)) return part.map((one) => hoisted(one, shared))
  if (typeof part !== 'object' || part === null) return part
  const { $defs, ...rest } = part as { $defs?: Record<string, object> }
  for (const [name, schema] of Object.entries($defs ?? {})) shared[name] = hoisted(schema, shared) as object // an object stays one
  return Object.fromEntries(Object.entries(rest).map(([name, one]) => [name, refOf(name, one) ?? hoisted(one, shared)]))
}

function refOf(name: string, value: unknown): string | null {
  return name === '$ref' && typeof value === 'string' ? value.replace('#/$defs/', '#/components/schemas/') : null
}

function operation(route: Route): object {
  return {
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    tags: [areaOf(route.path)],
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll('*', 'path').replaceAll(/[^a-zA-Z]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '')}`,
    security: route.permit === 'public' ? [] : [{ token: [] }],
    ...neededOf(route),
    parameters: [
      ...parameters(route.params, 'path', route.path),
      ...parameters(route.query, 'query', ''),
      ...headers(route),
    ],
    ...(route.body && {
      requestBody: { required: true, content: { [mediaTypeOf(route)]: { schema: jsonSchema(route.body, 'input') } } },
    }),
    ...(route.form && {
      requestBody: { required: true, content: { 'application/x-www-form-urlencoded': { schema: { type: 'object' } } } },
    }),
    ...(route.streams && {
      requestBody: { required: true, content: { 'application/x-ndjson': { schema: { type: 'string' } } } },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, schema]) => [
          status,
          status === '204' ? { description: 'Done; there is no body' } : answer(schema, mediaTypeOf(route)),
        ]),
      ),
      default: route.dialect ? answer(route.dialect.error, route.dialect.mediaType) : PROBLEM,
    },
  }
}

/** What an address is of: its first word that is no version; what has one word alone is of the installation. */
function areaOf(path: string): string {
  const words = path.split('/').slice(1)
  if (words.length === 1) return 'operations'
  const [area = ''] = words.filter((word) => !/^v\d+$/.test(word))
  return area.replace(/^\./, '')
}

const PROBLEM = {
  description: 'Problem (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

function mediaTypeOf({ dialect }: Route): string {
  return dialect?.mediaType ?? 'application/json'
}

function answer(schema: z.ZodType | string, mediaType: string): object {
  if (typeof schema === 'string') return { description: 'Done', content: { [schema]: { schema: { type: 'string' } } } }
  return { description: 'Done', content: { [mediaType]: { schema: jsonSchema(schema, 'output') } } }
}

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query', path: string): object[] {
  if (!schema)
    return [...path.matchAll(/:(\w+)|\*/g)].map((match) => ({
      name: match[1] ?? 'path',
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }))
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, { description?: string }>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name: name === '*' ? 'path' : name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(property.description && { description: property.description }),
    schema: property,
  }))
}

function headers(route: Route): object[] {
  if (!route.creates) return []
  return [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 255 } }]
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<string, unknown>
  return rest
}

/** What an operation does to what, and the scopes that let one; roles may as well. */
function neededOf(route: Route): object {
  const needed = permitsOf(route, {}) ?? []
  return needed.length === 0 ? {} : { 'x-permits': needed, 'x-scopes': [...new Set(needed.map(scopeOf))] }
}
