import type { Json } from '@probity/core'
import { requireFewValues } from './collect.ts'
import { type Interpreter, interpret } from './interpret.ts'
import { loadMapping } from './mapping.ts'
import type { Format, ObservedEvent } from './observed-event.ts'
import { readOwnEvent } from './own-event.ts'

const mapped = (format: Format) => interpret(format, loadMapping(format))

const INTERPRETERS: Record<Format, Interpreter> = {
  probity: { read: readOwnEvent, expand: (value) => (Array.isArray(value) ? value : [value]) },
  ocsf: mapped('ocsf'),
  cloudtrail: mapped('cloudtrail'),
  okta: mapped('okta'),
  github: mapped('github'),
  kubernetes: mapped('kubernetes'),
  gworkspace: mapped('gworkspace'),
}

/**
 * An event of the format in the log's terms. Throws EventRefused: for a product's format when the value is no
 * object or nothing in it marks it as the product's; for our own whenever a member is not as documented; for any
 * when it has more than 2,000 personal values.
 */
export function readEvent(format: Format, value: Json): ObservedEvent {
  const event = INTERPRETERS[format].read(value)
  requireFewValues(event)
  return event
}

/** The events that a value of the format holds: several when it is an array or a product's wrapper of many. */
export function expandRecords(format: Format, value: Json): Json[] {
  return INTERPRETERS[format].expand(value)
}
