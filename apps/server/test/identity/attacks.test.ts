import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { APPLICATIONS } from './attacks/applications.ts'
import { CLAIMS } from './attacks/claims.ts'
import { FACTORS } from './attacks/factors.ts'
import { GUESSING } from './attacks/guessing.ts'
import { naiveTwin } from './attacks/naive-twin.ts'
import { type Place, probity } from './attacks/place.ts'
import { SESSIONS } from './attacks/sessions.ts'

let twin: Place
let real: Place
before(async () => {
  twin = await naiveTwin()
  real = await probity()
})
after(async () => {
  await twin.stop()
  await real.stop()
})
beforeEach(() => real.forgetFailures())

for (const [name, attack] of Object.entries({ ...GUESSING, ...SESSIONS, ...FACTORS, ...CLAIMS, ...APPLICATIONS }))
  test(`it works on a naive twin and not here: ${name}`, async () => {
    assert.equal(await attack(twin), true, 'no attack: the twin withstands it')
    assert.equal(await attack(real), false, 'Probity does not withstand it')
  })
