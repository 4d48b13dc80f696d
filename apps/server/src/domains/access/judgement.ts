import type { Policy } from './cedar/policy.ts'
import { type Answer, answerOf, type Verdict, verdictOf } from './cedar/policy-set.ts'
import type { Request } from './cedar/request.ts'
import type { Model } from './model.ts'
import type { Asking } from './question.ts'
import type { Beside } from './rulings.ts'

/** What came of a question. */
export interface Judgement extends Asking {
  verdict: Verdict
  /** As it is enforced. */
  answer: Answer
  /** Policies that do not decide, and would have decided otherwise. */
  others: readonly { beside: Beside; would: Answer['decision'] }[]
}

export function judge(model: Model, asking: Asking): Judgement {
  const { request, whole } = asking
  const verdict = forbiddingAsWhole(
    model.policies.judge(request),
    whole === request ? null : model.policies.judge(whole),
  )
  const answer = enforced(verdict)
  const others = model.beside.flatMap((beside) => {
    const would = enforced(instead(verdict, beside.replaces, beside.statements, request)).decision
    return would === answer.decision ? [] : [{ beside, would }]
  })
  return { ...asking, verdict, answer, others }
}

function forbiddingAsWhole(verdict: Verdict, whole: Verdict | null): Verdict {
  if (whole === null) return verdict
  const isForbid = ({ policy }: Verdict['errors'][number]) => policy.effect === 'forbid'
  const errors = [...verdict.errors.filter((one) => !isForbid(one)), ...whole.errors.filter(isForbid)]
  return { permits: verdict.permits, forbids: whole.forbids, errors }
}

/**
 * Cedar passes over a policy that cannot be evaluated. One that forbids may well have held, so that whoever enforces the
 * answer denies (docs/divergences.md).
 */
export function enforced(verdict: Verdict): Answer {
  const answer = answerOf(verdict)
  return answer.decision === 'allow' && deniesByError(verdict)
    ? { ...answer, decision: 'deny', determining: [] }
    : answer
}

export function deniesByError({ forbids, errors }: Verdict): boolean {
  return forbids.length === 0 && errors.some(({ policy }) => policy.effect === 'forbid')
}

/** What all say when some statements stand in the place of others. */
export function instead(
  verdict: Verdict,
  replaced: ReadonlySet<string>,
  statements: readonly Policy[],
  request: Request,
): Verdict {
  const stays = ({ id }: Policy) => !replaced.has(id)
  const { permits, forbids, errors } = verdictOf(statements, request)
  return {
    permits: [...verdict.permits.filter(stays), ...permits],
    forbids: [...verdict.forbids.filter(stays), ...forbids],
    errors: [...verdict.errors.filter(({ policy }) => stays(policy)), ...errors],
  }
}
