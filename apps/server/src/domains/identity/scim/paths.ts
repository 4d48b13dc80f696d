import { type Attribute, COMMON, type ResourceType } from './attributes.ts'
import { fault, type ScimType, shown } from './fault.ts'

/** An attribute of a resource, and one within it. */
export interface Path {
  /** URI of the extension that it belongs to; null: of the core schema. */
  extension: string | null
  attribute: Attribute
  sub: Attribute | null
}

const NAME = /^[a-z$][a-z0-9_-]*$/i

/** The attribute that an attrPath of RFC 7644 §3.4.2.2 names, without regard to case. Throws `kind` for one that is none. */
export function pathOf(type: ResourceType, text: string, kind: ScimType): Path {
  const { extension, rest } = splitUri(type, text)
  const [name = '', subName, ...beyond] = rest.split('.')
  const attribute = beyond.length === 0 && NAME.test(name) ? attributeOf(type, extension, name) : undefined
  const sub = subName === undefined ? null : named(attribute?.subAttributes ?? [], subName)
  if (!attribute || sub === undefined) throw fault(kind, `${shown(text)} is no attribute of a ${type.name}`)
  return { extension, attribute, sub }
}

/** The URI of the extension that a text is, without regard to case; null: it is none. */
export function extensionOf(type: ResourceType, text: string): string | null {
  return type.extensions.find(({ id }) => id.toLowerCase() === text.toLowerCase())?.id ?? null
}

/** Attributes of the core schema or of an extension. */
export function attributesOf(type: ResourceType, extension: string | null): Attribute[] {
  if (extension === null) return [...COMMON, ...type.schema.attributes]
  return type.extensions.find(({ id }) => id === extension)?.attributes ?? []
}

/** The one of a name, without regard to case. */
export function named(attributes: readonly Attribute[], name: string): Attribute | undefined {
  const lower = name.toLowerCase()
  return attributes.find((attribute) => attribute.name.toLowerCase() === lower)
}

function attributeOf(type: ResourceType, extension: string | null, name: string): Attribute | undefined {
  return named(attributesOf(type, extension), name)
}

// A URI has dots of its own, so it is taken away whole.
function splitUri(type: ResourceType, text: string): { extension: string | null; rest: string } {
  const lower = text.toLowerCase()
  for (const schema of [type.schema, ...type.extensions]) {
    if (!lower.startsWith(`${schema.id.toLowerCase()}:`)) continue
    return { extension: schema === type.schema ? null : schema.id, rest: text.slice(schema.id.length + 1) }
  }
  return { extension: null, rest: text }
}
