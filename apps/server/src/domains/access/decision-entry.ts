import { actorOf, type Principal } from '../../platform/authority.ts'
import type { OwnEvent } from '../../platform/record.ts'
import type { Judgement } from './judgement.ts'
import type { Model } from './model.ts'
import type { Question } from './question.ts'
import type { Someone } from './states.ts'

/** What was decided for who asked, about somebody. */
export interface Decision {
  principal: Principal
  who: Someone
  decisionId: string
  model: Model
  questions: readonly Question[]
  /** One of each question, in their order. */
  judgements: readonly Judgement[]
}

/** Questions that the entry of a batch names; of more it tells how many. */
const MOST_NAMED = 50

/** Each decision has an entry, but where the tenant says that a share of what is allowed is enough. */
export function isRecorded({ model, questions, judgements }: Decision): boolean {
  const { sampledActions, recordedShare } = model
  const isSampled = questions.every(({ asked }) => sampledActions.has(asked.action)) && judgements.every(isAllowed)
  return !isSampled || Math.random() < recordedShare
}

export function entryOf({ principal, who, decisionId, questions, model, judgements }: Decision): OwnEvent {
  const allowed = judgements.filter(isAllowed).length
  const of = judgements.slice(0, MOST_NAMED).map((one, i) => toldOf(questions[i] as Question, one)) // one judgement a question
  const [first] = questions
  return {
    ...{ event_type: 'access.decided', actor: actorOf(principal), action: 'authorize' },
    impersonator: principal.impersonatorId,
    resource: questions.length === 1 && first ? textOf(first.resource) : `questions/${questions.length}`,
    outcome: allowed === questions.length ? 'Success' : 'Failure',
    data: {
      ...{ decision: decisionId, version: model.version, asked_for: whomOf(principal, who) },
      ...(questions.length === 1
        ? { ...of[0] }
        : { allowed, denied: judgements.length - allowed, questions: of.map((one) => namedOf(one)) }),
    },
  }
}

export function isAllowed({ answer }: Judgement): boolean {
  return answer.decision === 'allow'
}

export function textOf({ type, id }: { type: string; id: string }): string {
  return `${type}/${id}`
}

/** Null: who asks. */
export function whomOf(by: Principal, { type, id, userId }: Someone): string | null {
  if (userId === null) return `${type}/${id}`
  return userId === by.userId ? null : userId
}

/** Statements that decided, roles by their ids; and policies beside them that would not have. */
function toldOf({ asked, resource }: Question, { answer, others }: Judgement) {
  return {
    ...{ action: asked.action, asked_resource: textOf(resource), decision_was: answer.decision },
    ...(asked.active_roles && { active_roles: asked.active_roles }),
    determining: answer.determining.map(({ id }) => id),
    would: others.map(({ beside, would }) => `${beside.mode} ${beside.policyId}/${beside.version} ${would}`),
  }
}

function namedOf({ decision_was, action, asked_resource }: ReturnType<typeof toldOf>): string {
  return `${decision_was === 'allow' ? 'allowed' : 'denied'} ${action} ${asked_resource}`
}
