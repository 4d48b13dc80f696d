import type {
  AuthZenActionSearch,
  AuthZenActions,
  AuthZenDecision,
  AuthZenDecisions,
  AuthZenEntities,
  AuthZenEvaluation,
  AuthZenEvaluations,
  AuthZenResourceSearch,
  AuthZenSubjectSearch,
  ChangePolicyInput,
  CheckPolicyInput,
  CreatePolicyInput,
  DecisionRecording,
  EntityPage,
  NamedEntity,
  Policy,
  PolicyAnalysis,
  PolicyFormatted,
  PolicyReplay,
  PolicyShadow,
  PolicyTested,
  PolicyVersion,
  PutEntitiesInput,
} from '@probity/contract'
import { AccessClient } from './access.ts'
import type { Listing } from './listing.ts'
import { type CallOptions, path, type Query } from './transport.ts'

/** Policies and their life, what decisions are told, and decisions as AuthZEN asks for them. */
export class PolicyClient extends AccessClient {
  policies(filter: Query = {}): Listing<'policies', Policy> {
    return this.transport.list('policies', (page) => path`/v1/policies${{ ...filter, ...page }}`)
  }

  policy(id: string): Promise<Policy> {
    return this.transport.json('GET', path`/v1/policies/${id}`)
  }

  /** Its first version is a draft. */
  createPolicy(input: CreatePolicyInput): Promise<Policy> {
    return this.transport.create('/v1/policies', input)
  }

  /** Writes another version, a draft. */
  changePolicy(id: string, change: ChangePolicyInput): Promise<Policy> {
    return this.transport.json('PATCH', path`/v1/policies/${id}`, change)
  }

  /** Writes a version that says again what an earlier one said. */
  rollBackPolicy(id: string, toVersion: number): Promise<Policy> {
    return this.transport.json('POST', path`/v1/policies/${id}/rollback`, { to_version: toVersion })
  }

  /** The newest first. */
  policyVersions(id: string): Promise<{ versions: PolicyVersion[] }> {
    return this.transport.json('GET', path`/v1/policies/${id}/versions`)
  }

  policyVersion(id: string, version: number): Promise<PolicyVersion> {
    return this.transport.json('GET', path`/v1/policies/${id}/versions/${version}`)
  }

  /** Tries rules and tests without writing them. */
  checkPolicy(input: CheckPolicyInput): Promise<PolicyTested> {
    return this.transport.json('POST', '/v1/policies/check', input)
  }

  /** Policies of Cedar as Cedar's own formatter writes them, with their comments. */
  formatPolicy(cedar: string): Promise<PolicyFormatted> {
    return this.transport.json('POST', '/v1/policies/format', { cedar })
  }

  testPolicy(id: string, version: number): Promise<PolicyTested> {
    return this.transport.json('POST', path`/v1/policies/${id}/versions/${version}/test`, {})
  }

  /** What its author may not have meant. */
  analysePolicy(id: string, version: number): Promise<PolicyAnalysis> {
    return this.transport.json('POST', path`/v1/policies/${id}/versions/${version}/analyse`, {})
  }

  /** What it would have decided otherwise in the last days. */
  replayPolicy(id: string, version: number, days = 7): Promise<PolicyReplay> {
    return this.transport.json('POST', path`/v1/policies/${id}/versions/${version}/replay`, { days })
  }

  /** Has it asked beside what counts for some days; 0 ends it. */
  shadowPolicy(id: string, version: number, days = 7): Promise<PolicyVersion> {
    return this.transport.json('POST', path`/v1/policies/${id}/versions/${version}/shadow`, { days })
  }

  policyDifferences(id: string, version: number): Promise<PolicyShadow> {
    return this.transport.json('GET', path`/v1/policies/${id}/versions/${version}/differences`)
  }

  submitPolicy(id: string, version: number, acceptWarnings = false): Promise<PolicyVersion> {
    return this.transport.json('POST', path`/v1/policies/${id}/versions/${version}/submit`, {
      accept_warnings: acceptWarnings,
    })
  }

  /** By somebody who neither wrote nor submitted it, in a session. */
  approvePolicy(id: string, version: number): Promise<PolicyVersion> {
    return this.transport.json('POST', path`/v1/policies/${id}/versions/${version}/approve`, {})
  }

  rejectPolicy(id: string, version: number): Promise<PolicyVersion> {
    return this.transport.json('POST', path`/v1/policies/${id}/versions/${version}/reject`, {})
  }

  /** How decisions are recorded: each, unless a tenant says that a share of what is allowed is enough. */
  decisionRecording(): Promise<DecisionRecording> {
    return this.transport.json('GET', '/v1/access/recording')
  }

  changeDecisionRecording(recording: DecisionRecording): Promise<DecisionRecording> {
    return this.transport.json('PUT', '/v1/access/recording', recording)
  }

  entities(filter: Query = {}): Listing<'entities', EntityPage['entities'][number]> {
    return this.transport.list('entities', (page) => path`/v1/access/entities${{ ...filter, ...page }}`)
  }

  /** Tells of resources and people, each as a whole. */
  putEntities(input: PutEntitiesInput): Promise<{ count: number }> {
    return this.transport.json('PUT', '/v1/access/entities', input)
  }

  removeEntities(entities: NamedEntity[]): Promise<{ count: number }> {
    return this.transport.json('POST', '/v1/access/entities/remove', { entities })
  }

  evaluate(asked: AuthZenEvaluation, options: CallOptions = {}): Promise<AuthZenDecision> {
    return this.transport.ask('/access/v1/evaluation', asked, options)
  }

  evaluateAll(asked: AuthZenEvaluations): Promise<AuthZenDecisions> {
    return this.transport.ask('/access/v1/evaluations', asked)
  }

  searchSubjects(asked: AuthZenSubjectSearch): Promise<AuthZenEntities> {
    return this.transport.ask('/access/v1/search/subject', asked)
  }

  searchResources(asked: AuthZenResourceSearch): Promise<AuthZenEntities> {
    return this.transport.ask('/access/v1/search/resource', asked)
  }

  searchActions(asked: AuthZenActionSearch): Promise<AuthZenActions> {
    return this.transport.ask('/access/v1/search/action', asked)
  }
}
