import type { PolicyStatement } from '@probity/contract'
import { type Filter, ofOne } from './cedar/filter.ts'
import { type Constraint, fitting, type Policy } from './cedar/policy.ts'
import { isIn, type Request } from './cedar/request.ts'
import { conditionsOf, type Hidden } from './cedar/residual.ts'
import { type Effort, looksOf } from './effort.ts'
import { ACTION, USER } from './kinds.ts'
import type { Model } from './model.ts'
import type { Deciding } from './rulings.ts'

/** A statement of a policy that is in force. */
export interface Statement {
  ruling: Deciding
  policy: Policy
}

/** One that is of an action on a resource. */
export interface StatementThere extends Statement {
  /** What it is for everybody alike; null: it is another thing for each. */
  forAll: Holding | null
}

/** Whether it is so: always, never, or where more holds than is known. */
type Holding = 'always' | 'never' | 'perhaps'

/** Those whose head names somebody, themselves or by what they are in. */
export function statementsOf(model: Model, request: Request): PolicyStatement[] {
  return statementsIn(model)
    .filter(({ policy }) => canBeAsked(policy) && isFit(policy, ['principal'], request))
    .map((one) => present(one, one.policy.json.conditions.length > 0))
}

/** Those that are of an action on a resource, whoever asks, but for those whose conditions never hold there. */
export async function statementsOn(
  model: Model,
  request: Request,
  effort: Effort,
): Promise<{ statement: StatementThere; shown: PolicyStatement }[]> {
  const found: { statement: StatementThere; shown: PolicyStatement }[] = []
  for (const one of statementsIn(model)) {
    if (!isFit(one.policy, ['action', 'resource'], request)) continue
    const holding = await holdingOf(one.policy, request, ['principal', 'context'], effort)
    if (holding === 'never') continue
    // Where a person is what is asked for, one of those who ask is it.
    const isSame = holding === 'always' || looksOf(one.policy).isForAll
    const forAll = isSame && request.resource.type !== USER ? holding : null
    found.push({ statement: { ...one, forAll }, shown: present(one, holding === 'perhaps') })
  }
  return found
}

/** Of some that are of what somebody asks: how each is of them. */
export async function forbiddenBy(
  statements: readonly StatementThere[],
  request: Request,
  effort: Effort,
): Promise<{ isForbidden: boolean; perhaps: Deciding[] }> {
  const perhaps = new Set<Deciding>()
  for (const { policy, ruling, forAll } of statements) {
    if (policy.effect !== 'forbid' || !isFit(policy, ['principal'], request)) continue
    const holding = forAll ?? (await holdingOf(policy, request, ['context'], effort))
    if (holding === 'always') return { isForbidden: true, perhaps: [] }
    if (holding === 'perhaps') perhaps.add(ruling)
  }
  return { isForbidden: false, perhaps: [...perhaps] }
}

/** What fails for what is known may hold with what an application tells when it asks. */
async function holdingOf(
  policy: Policy,
  request: Request,
  hidden: readonly Hidden[],
  effort: Effort,
): Promise<Holding> {
  const { cost, readsTold, asksPlaces } = looksOf(policy)
  const isOpen = readsTold || (asksPlaces && hidden.includes('principal'))
  if (isOpen || !(await effort.takes(cost))) return 'perhaps'
  const { principal, resource, entities } = request
  const partial = { ...request, resource: { type: resource.type, isPlain: false }, known: [principal] }
  const { yes, no } = conditionsOf(policy, partial, hidden)
  const here = (filter: Filter) => ofOne(filter, resource.id, (one) => isIn(entities, resource, one)).op
  return here(yes) === 'true' ? 'always' : here(no) === 'true' ? 'never' : 'perhaps'
}

function statementsIn({ rulings }: Model): Statement[] {
  return [...new Set(rulings.values())].flatMap((ruling) => ruling.statements.map((policy) => ({ ruling, policy })))
}

function isFit(policy: Policy, parts: readonly ('principal' | 'action' | 'resource')[], request: Request): boolean {
  return parts.every((part) => fitting(part, policy[part])?.(request) ?? true)
}

/** Whether it is of actions that anybody asks for: of no other type than they are. */
function canBeAsked({ action }: Policy): boolean {
  const named = namedIn(action)
  return named === null || named.some(({ type }) => type === ACTION)
}

/** Null: any. */
function namedIn({ equals, within }: Constraint) {
  return equals ? [equals] : within
}

function present({ policy, ruling }: Statement, has_conditions: boolean): PolicyStatement {
  const { policyId, version, name, since, until } = ruling
  return {
    ...{ policy_id: policyId, version, policy_name: name, effect: policy.effect, has_conditions },
    statement: policy.id.slice(policy.id.lastIndexOf('/') + 1),
    ...{ principal: wordsOf(policy.principal), principal_in: placeIn(policy.principal) },
    actions: namedIn(policy.action)?.flatMap(({ type, id }) => (type === ACTION ? [id] : [])) ?? ['*'],
    ...{ resource: wordsOf(policy.resource), resource_in: placeIn(policy.resource) },
    ...{ since: since.toISOString(), expires_at: until?.toISOString() ?? null },
  }
}

/** As permissions have resources. */
function wordsOf({ equals, type }: Constraint): string {
  return equals ? `${equals.type}/${equals.id}` : (type ?? '*')
}

/** The head of a policy names one at most; actions alone may be several. */
function placeIn({ within }: Constraint): PolicyStatement['resource_in'] {
  const [place] = within ?? []
  return place ? { type: place.type, id: place.id } : null
}
