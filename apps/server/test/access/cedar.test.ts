import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { explain } from '../../src/domains/access/cedar/explain.ts'
import { PolicySet } from '../../src/domains/access/cedar/policy-set.ts'
import { answers, prepared, typedAnswers } from './against-cedar.ts'
import { generated } from './generated.ts'
import { typedCase } from './generated-typed-case.ts'

test('every answer is Cedar’s own: decision, what determines it, and what fails', () => {
  let answered = 0
  const kinds = new Set<string>()
  fc.assert(
    fc.property(generated, (given) => {
      const both = answers(given)
      if (both === null) return
      answered++
      kinds.add(both.cedars)
      assert.equal(both.ours, both.cedars)
    }),
    { numRuns: 1500 },
  )
  assert.ok(answered > 750, `${answered} were answered`)
  for (const some of [
    /^allow by \[[^\]]/,
    /^deny by \[[^\]]/,
    /^allow.*errors of \[[^\]]/,
    /^deny by \[\] with errors of \[[^\]]/,
  ])
    assert.ok(
      [...kinds].some((kind) => some.test(kind)),
      `${some} was met`,
    )
})

test('an explanation comes to what the engine comes to, for each policy', () => {
  fc.assert(
    fc.property(generated, (given) => {
      if (answers(given) === null) return
      const { policies, request } = prepared(given)
      const { determining, errors } = new PolicySet(policies).isAuthorized(request)
      for (const policy of policies) {
        const { holds, parts } = explain(policy, request)
        const isError = errors.some((error) => error.policy === policy)
        assert.equal(holds === null, isError, JSON.stringify(parts))
        if (determining.includes(policy)) assert.equal(holds, true, JSON.stringify(parts))
      }
    }),
    { numRuns: 500 },
  )
})

test('by a schema every answer is Cedar’s own, and what fits it fails by what its validation does not look at alone', () => {
  let [answered, fitting, failing] = [0, 0, 0]
  fc.assert(
    fc.property(typedCase, (given) => {
      const both = typedAnswers(given)
      if (both === null) return
      answered++
      assert.equal(both.ours, both.cedars)
      assert.deepEqual(both.excluded, [])
      if (!both.isFitting) return
      fitting++
      if (!both.cedars.endsWith('errors of []')) failing++
    }),
    { numRuns: 250, endOnFailure: true }, // to make a schema smaller takes longer than to read it
  )
  assert.ok(answered > 240, `${answered} were answered`)
  assert.ok(fitting > 120, `${fitting} fit their schema`)
  assert.ok(failing > 5, `${failing} of them failed`)
})
