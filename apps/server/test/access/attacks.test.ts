import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ASKING } from './attacks/asking.ts'
import { GRANTING } from './attacks/granting.ts'
import { naiveTwin } from './attacks/naive-twin.ts'
import { type Place, probity } from './attacks/place.ts'

const twin = naiveTwin()
let real: Place
before(async () => {
  real = await probity()
})
after(() => real.stop())

for (const [name, attack] of Object.entries({ ...GRANTING, ...ASKING }))
  test(`it works on a naive twin and not here: ${name}`, async () => {
    assert.equal(await attack(twin), true, 'no attack: the twin withstands it')
    assert.equal(await attack(real), false, 'Probity does not withstand it')
  })
