// Decisions beside what a user has instead, in one run: cedar-wasm with what it keeps parsed, casbin, and a closure for each
// policy, one after the other. Rounds take turns; the last line is JSON, and result.json has it too.
import { writeFileSync } from 'node:fs'
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { type Enforcer, newEnforcer, newModelFromString } from 'casbin'
import { explain } from '../../apps/server/src/domains/access/cedar/explain.ts'
import { compilePolicy, type Policy } from '../../apps/server/src/domains/access/cedar/policy.ts'
import { PolicySet } from '../../apps/server/src/domains/access/cedar/policy-set.ts'
import type { Request } from '../../apps/server/src/domains/access/cedar/request.ts'
import { readPolicies, type Statement } from '../../apps/server/src/domains/access/cedar/text.ts'
import { machine, spread } from '../support.ts'
import { type Case, casbinRule, casesOf, entitiesOf, policyText, requestOf, SIZES } from './model.ts'

const MODEL = `[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act, eft
[role_definition]
g = _, _
g2 = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.act == p.act && g(r.sub, p.sub) && g2(r.obj, p.obj)`

const ROUNDS = 5
/** Microseconds that each contestant works in a round, at least. */
const LEAST_MICROSECONDS = 150_000

type Ask = (at: number) => boolean

const sizes: Record<string, unknown> = {}
for (const size of SIZES) sizes[size] = await measured(size)
const result = { machine: machine(), unit: 'microseconds a decision', sizes }
writeFileSync(new URL('result.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`)
process.stdout.write(`${JSON.stringify(result)}\n`)

async function measured(size: number) {
  const cases = casesOf(size)
  const texts = Array.from({ length: size }, (_, i) => policyText(i))
  const { set, policies, times } = ours(texts)
  const casbin = await casbinOf(size)
  preparsePolicySet(`set${size}`, { staticPolicies: Object.fromEntries(texts.map((text, i) => [`p${i}`, text])) })
  const told: Record<string, object> = {}
  for (const isAllowed of [true, false]) {
    const asked = cases.filter((one) => one.isAllowed === isAllowed)
    const requests = asked.map(requestOf)
    const calls = asked.map((one) => cedarCall(`set${size}`, one))
    const contestants: Record<string, Ask> = {
      probity: (at) => set.isAuthorized(requests[at] as Request).decision === 'allow',
      probity_explained: (at) => explained(set, requests[at] as Request),
      closures: (at) => byClosures(policies, requests[at] as Request),
      cedar_wasm: (at) => {
        const answer = statefulIsAuthorized(calls[at] as (typeof calls)[number])
        return answer.type === 'success' && answer.response.decision === 'allow'
      },
      casbin: (at) => askCasbin(casbin, asked[at] as Case),
    }
    for (const [name, ask] of Object.entries(contestants))
      for (let at = 0; at < asked.length; at++)
        if (ask(at) !== isAllowed) throw new Error(`${name} decides case ${at} of ${size} otherwise`)
    told[isAllowed ? 'allowed' : 'denied'] = inTurns(contestants, asked.length)
  }
  process.stderr.write(`${size} policies: ${JSON.stringify(told)}\n`)
  return { ...told, ...times }
}

/** Median microseconds of each over the rounds, with its spread, and how often ours fits into the others. */
function inTurns(contestants: Record<string, Ask>, cases: number) {
  const medians: Record<string, number[]> = {}
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, ask] of Object.entries(contestants)) {
      medians[name] = [...(medians[name] ?? []), medianOf(ask, cases)]
    }
  const own = medians.probity ?? []
  const ratio = (name: string) => spread((medians[name] ?? []).map((one, i) => one / (own[i] ?? Number.NaN)))
  return {
    microseconds: Object.fromEntries(Object.entries(medians).map(([name, all]) => [name, spread(all)])),
    times_ours: Object.fromEntries(['closures', 'cedar_wasm', 'casbin'].map((name) => [name, ratio(name)])),
  }
}

/** Of runs through all cases, in microseconds a decision. */
function medianOf(ask: Ask, cases: number): number {
  const runs: number[] = []
  for (let spent = 0; spent < LEAST_MICROSECONDS || runs.length < 3; ) {
    const from = process.hrtime.bigint()
    for (let at = 0; at < cases; at++) ask(at)
    const microseconds = Number(process.hrtime.bigint() - from) / 1000
    spent += microseconds
    runs.push(microseconds / cases)
  }
  return runs.sort((a, b) => a - b)[runs.length >> 1] ?? Number.NaN
}

function ours(texts: readonly string[]) {
  const from = performance.now()
  const statements = readPolicies(texts.join('\n'))
  const read = performance.now()
  const before = process.memoryUsage().heapUsed
  const compiling = performance.now()
  const policies = statements.map(({ id, json }) => compilePolicy(id, json))
  const set = new PolicySet(policies)
  const compiled = performance.now()
  const bytes = process.memoryUsage().heapUsed - before
  const changed = changedOne(set, statements[statements.length >> 1] as Statement)
  const times = {
    read_milliseconds: read - from,
    compile_milliseconds: compiled - compiling,
    change_of_one_milliseconds: changed,
    bytes_a_policy: Math.round(bytes / texts.length),
  }
  return { set, policies, times }
}

/** One policy is read, compiled and put in the place of itself. */
function changedOne(set: PolicySet, { id, text }: Statement): number {
  const from = performance.now()
  const [statement] = readPolicies(text)
  if (statement) set.put(compilePolicy(id, statement.json))
  return performance.now() - from
}

function explained(set: PolicySet, request: Request): boolean {
  const { decision, determining } = set.isAuthorized(request)
  for (const policy of determining) explain(policy, request)
  return decision === 'allow'
}

/** What nobody who has an index does: the floor for evaluating every policy. */
function byClosures(policies: readonly Policy[], request: Request): boolean {
  let isPermitted = false
  for (const policy of policies)
    if (policy.fits(request) && policy.holds(request)) {
      if (policy.effect === 'forbid') return false
      isPermitted = true
    }
  return isPermitted
}

function cedarCall(preparsedPolicySetId: string, one: Case) {
  return {
    ...{ principal: { type: 'User', id: 'ada' }, action: { type: 'Action', id: 'view' } },
    ...{ resource: { type: 'Document', id: 'plan' }, context: { network: 'office' } },
    ...{ preparsedPolicySetId, entities: entitiesOf(one) },
  }
}

async function casbinOf(size: number): Promise<Enforcer> {
  const enforcer = await newEnforcer(newModelFromString(MODEL))
  await enforcer.addPolicies(Array.from({ length: size }, (_, i) => casbinRule(i)))
  for (const { n, team, isAllowed } of casesOf(size)) {
    for (const one of [isAllowed ? `team${team}` : `other${team}`, 'second', 'third', 'fourth', 'fifth'])
      await enforcer.addGroupingPolicy(`ada${n}`, one)
    await enforcer.addNamedGroupingPolicy('g2', `plan${n}`, `folder${team}`)
    await enforcer.addNamedGroupingPolicy('g2', `folder${team}`, 'shelf')
  }
  return enforcer
}

function askCasbin(enforcer: Enforcer, { n }: Case): boolean {
  return enforcer.enforceSync(`ada${n}`, `plan${n}`, 'view')
}
