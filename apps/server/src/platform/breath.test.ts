import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breath } from './breath.ts'
import { DomainError } from './errors.ts'

function holdTheLoop(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

test('others have their turn between two parts of long work, and work that takes more than it may is refused', async () => {
  const breath = new Breath(60)
  let turns = 0
  const others = setInterval(() => turns++, 1)
  const work = async () => {
    for (;;) {
      holdTheLoop(12)
      await breath.take()
    }
  }
  await assert.rejects(work(), (error) => error instanceof DomainError && error.code === 'TOO_MUCH_WORK')
  clearInterval(others)
  assert.ok(turns >= 2, `others had ${turns} turns`)
})

test('waiting for others is no work', async () => {
  const breath = new Breath(60)
  for (let i = 0; i < 10; i++) {
    holdTheLoop(1)
    await new Promise((resolve) => setTimeout(resolve, 1))
    await breath.take()
  }
})
