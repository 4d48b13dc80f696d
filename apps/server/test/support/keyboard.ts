import type { Locator, Page } from 'playwright-core'

/** More stops than any page has: who did not come there by then cannot. */
const MOST_STOPS = 150
const MOST_OPTIONS = 60

/** Somebody who has a keyboard and no mouse. */
export class Keyboard {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  /** Goes on with a key until something has the focus; fails where that never comes there. */
  async reach(target: Locator, key: 'Tab' | 'ArrowDown' = 'Tab'): Promise<void> {
    await target.first().waitFor()
    const focused = target.and(this.#page.locator(':focus'))
    for (let stops = 0; stops < MOST_STOPS; stops++) {
      if ((await focused.count()) > 0) return
      await this.#page.keyboard.press(key)
    }
    throw new Error(`${key} does not come to ${target}`)
  }

  /** Presses a button, follows a link, turns a switch. */
  async press(target: Locator, key: 'Enter' | 'Space' = 'Enter'): Promise<void> {
    await this.reach(target)
    await this.#page.keyboard.press(key)
  }

  /** Writes into a field, in the place of what it has. */
  async write(target: Locator, words: string): Promise<void> {
    await this.reach(target)
    await this.#page.keyboard.press('Control+A')
    await this.#page.keyboard.type(words)
  }

  /** Chooses of a list that a field opens. */
  async choose(field: Locator, option: string | RegExp): Promise<void> {
    await this.reach(field)
    await this.#page.keyboard.press('ArrowDown')
    const wanted = this.#page.getByRole('option', { name: option })
    await wanted.first().waitFor()
    const current = wanted.and(this.#page.locator('[data-combobox-selected]'))
    for (let steps = 0; steps < MOST_OPTIONS && (await current.count()) === 0; steps++)
      await this.#page.keyboard.press('ArrowDown')
    await this.#page.keyboard.press('Enter')
  }
}
