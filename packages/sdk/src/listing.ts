/** A page of a list, whose items are called by a name; `next_cursor` null: it is the last. */
export type Page<Name extends string, Item> = Record<Name, Item[]> & { next_cursor: string | null }

/**
 * A list of the server's. Awaited it is its first page; gone through by `for await` it is everything, page by page. Nothing is
 * asked for before.
 */
export class Listing<Name extends string, Item, More extends object = object>
  implements PromiseLike<Page<Name, Item> & More>, AsyncIterable<Item>
{
  readonly #name: Name
  readonly #page: (cursor?: string) => Promise<Page<Name, Item> & More>

  constructor(name: Name, page: (cursor?: string) => Promise<Page<Name, Item> & More>) {
    this.#name = name
    this.#page = page
  }

  // biome-ignore lint/suspicious/noThenProperty: it is awaited for its first page.
  then<A = Page<Name, Item> & More, B = never>(
    onPage?: ((page: Page<Name, Item> & More) => A | PromiseLike<A>) | null,
    onFailure?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#page().then(onPage, onFailure)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    let cursor: string | undefined
    do {
      const page = await this.#page(cursor)
      yield* page[this.#name]
      cursor = page.next_cursor ?? undefined
    } while (cursor !== undefined)
  }
}
