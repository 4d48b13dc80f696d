import { Breath } from '../../platform/breath.ts'
import type { Policy } from './cedar/policy.ts'

/** Parts of conditions that are looked at for one answer: 20,000 conditions of ten parts. */
const MOST = 200_000

/** What may be looked at for one answer; others have their turn between. */
export class Effort {
  #left: number
  readonly #breath = new Breath()

  constructor(most = MOST) {
    this.#left = most
  }

  /** Whether so much is left. */
  async takes(cost: number): Promise<boolean> {
    await this.#breath.take()
    if (cost > this.#left) return false
    this.#left -= cost
    return true
  }
}

interface Looks {
  cost: number
  /** Whether it reads attributes that whoever asks may tell of the principal or the action. */
  readsTold: boolean
  /** Whether it asks what an entity is in, by its name: that is known of what whoever asks is in. */
  asksPlaces: boolean
  /** Whether it is the same whoever asks. */
  isForAll: boolean
}

const known = new WeakMap<Policy, Looks>()

export function looksOf(policy: Policy): Looks {
  const found = known.get(policy)
  if (found) return found
  const bodies = policy.json.conditions.map(({ body }) => body)
  const { parts, branches } = counted(bodies)
  // Cases double with each branch, up to the most that the translation goes through.
  const places = bodies.some(asksPlaces)
  const looks = {
    cost: (parts + 1) * 2 ** Math.min(branches, 6),
    readsTold: bodies.some(readsTold),
    asksPlaces: places,
    isForAll: !places && !bodies.some(namesPrincipal),
  }
  known.set(policy, looks)
  return looks
}

function counted(part: unknown): { parts: number; branches: number } {
  if (part === null || typeof part !== 'object') return { parts: 0, branches: 0 }
  const inner = Object.values(part).map(counted)
  return {
    parts: inner.reduce((sum, one) => sum + one.parts, 1),
    branches: inner.reduce((sum, one) => sum + one.branches, 'if-then-else' in part ? 1 : 0),
  }
}

/** What Probity says of an account itself, over what is told. */
const OWN = new Set(['id', 'tenant_id'])
const READING = ['.', 'has', 'getTag', 'hasTag']
/** Of these a principal or an action is no more than which one it is. */
const NAMING = ['==', '!=', 'in', 'is']

/** Also of an entity by its name, which may be the principal or the action. */
function readsTold(part: unknown): boolean {
  if (part === null || typeof part !== 'object') return false
  if (isVariable(part)) return true
  for (const [name, value] of Object.entries(part)) {
    const { left, attr } = Object(value) // any of the forms of an operator
    if (READING.includes(name) && left !== undefined) {
      const [first] = [attr].flat()
      if (Object(left).Var === 'principal' && OWN.has(first)) continue
      if (namesEntity(left)) return true
    }
    const operands = Object.values(Object(value)) // of an operator, its operands
    const inner = NAMING.includes(name) ? operands.filter((one) => !isVariable(one)) : [value]
    if (inner.some(readsTold)) return true
  }
  return false
}

function asksPlaces(part: unknown): boolean {
  if (part === null || typeof part !== 'object') return false
  const { in: within, is } = Object(part) // any of the forms of an operator
  return namesEntity(within?.left) || namesEntity(is?.in && is.left) || Object.values(part).some(asksPlaces)
}

function namesPrincipal(part: unknown): boolean {
  if (part === null || typeof part !== 'object') return false
  return Object(part).Var === 'principal' || Object.values(part).some(namesPrincipal)
}

function isVariable(part: unknown): boolean {
  return ['principal', 'action'].includes(Object(part).Var)
}

function namesEntity(part: unknown): boolean {
  if (part === null || typeof part !== 'object') return false
  return '__entity' in part || Object.values(part).some(namesEntity)
}
