// Decisions beside what a user has instead, in one run: cedar-wasm with what it keeps parsed, casbin, and a closure for each
// policy, one after the other. Rounds take turns; the last line is JSON, and result.json has it too.
import { writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { type Enforcer, newEnforcer, newModelFromString, StringAdapter } from 'casbin'
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

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const ROUNDS = 5
/** Microseconds that each contestant works in a round, at least. */
const LEAST_MICROSECONDS = 100_000

type Ask = (at: number) => boolean

const prepared = []
for (const size of SIZES) prepared.push(await prepare(size))
const taken = inTurns(prepared.flatMap(({ asked }) => asked))
const sizes = Object.fromEntries(
  prepared.map(({ size, times }) => [
    size,
    { ...comparison(size, 'allowed'), ...comparison(size, 'denied'), ...times },
  ]),
)
const growth = Object.fromEntries(
  (['allowed', 'denied'] as const).map((outcome) => {
    const [few, many] = [taken.get(`10 ${outcome} probity`) ?? [], taken.get(`10000 ${outcome} probity`) ?? []]
    return [outcome, spread(many.map((one, i) => one / (few[i] ?? Number.NaN)))]
  }),
)
const result = { machine: machine(), unit: 'microseconds a decision', sizes, growth_10_to_10000: growth }
writeFileSync(new URL('result.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`)
process.stdout.write(`${JSON.stringify(result)}\n`)

interface Contestant {
  name: string
  ask: Ask
  cases: number
}

/** All contestants at a size, each of which has decided every case rightly. */
async function prepare(size: number): Promise<{ size: number; asked: Contestant[]; times: object }> {
  const texts = Array.from({ length: size }, (_, i) => policyText(i))
  const { set, policies, times } = ours(texts)
  const casbin = await casbinOf(size)
  preparsePolicySet(`set${size}`, { staticPolicies: Object.fromEntries(texts.map((text, i) => [`p${i}`, text])) })
  const asked = [true, false].flatMap((isAllowed) => {
    const cases = casesOf(size).filter((one) => one.isAllowed === isAllowed)
    const requests = cases.map(requestOf)
    const calls = cases.map((one) => cedarCall(`set${size}`, one))
    const contestants: Record<string, Ask> = {
      probity: (at) => set.isAuthorized(requests[at] as Request).decision === 'allow',
      probity_explained: (at) => explained(set, requests[at] as Request),
      closures: (at) => byClosures(policies, requests[at] as Request),
      cedar_wasm(at) {
        const answer = statefulIsAuthorized(calls[at] as (typeof calls)[number])
        return answer.type === 'success' && answer.response.decision === 'allow'
      },
      casbin: (at) => askCasbin(casbin, cases[at] as Case),
    }
    return Object.entries(contestants).map(([name, ask]) => {
      for (let at = 0; at < cases.length; at++)
        if (ask(at) !== isAllowed) throw new Error(`${name} decides case ${at} of ${size} otherwise`)
      return { name: `${size} ${isAllowed ? 'allowed' : 'denied'} ${name}`, ask, cases: cases.length }
    })
  })
  return { size, asked, times }
}

/** Median microseconds of each in each round: the host is faster at times, and each has its share of that. */
function inTurns(contestants: readonly Contestant[]): Map<string, number[]> {
  const medians = new Map<string, number[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round < ROUNDS; round++)
    for (const { name, ask, cases } of contestants) medians.get(name)?.push(medianOf(ask, cases))
  return medians
}

/** Of each contestant the spread over the rounds, and how often ours fits into the others. */
function comparison(size: number, outcome: 'allowed' | 'denied') {
  const of = (name: string) => taken.get(`${size} ${outcome} ${name}`) ?? []
  const own = of('probity')
  const names = ['probity', 'probity_explained', 'closures', 'cedar_wasm', 'casbin']
  const ratio = (name: string) => spread(of(name).map((one, i) => one / (own[i] ?? Number.NaN)))
  return {
    [outcome]: {
      microseconds: Object.fromEntries(names.map((name) => [name, spread(of(name))])),
      times_ours: Object.fromEntries(names.slice(2).map((name) => [name, ratio(name)])),
    },
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
  gc()
  const before = process.memoryUsage().heapUsed
  const compiling = performance.now()
  const policies = statements.map(({ id, json }) => compilePolicy(id, json))
  const set = new PolicySet(policies)
  const compiled = performance.now()
  gc()
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
  const enforcer = await newEnforcer(newModelFromString(MODEL), new StringAdapter('p, nobody, nothing, view, deny'))
  enforcer.enableAutoSave(false)
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
