import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, type TestServer, testServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await testServer()
})
after(() => server.stop())

type Row = { id: string; name: string }

/** Follows the cursors from page to page; `between` happens before each next one. */
async function walk(path: string, of: string, limit: number, between: () => Promise<unknown> = async () => undefined) {
  const pages: Row[][] = []
  let next = ''
  do {
    const answer = await server.call('GET', `${path}?limit=${limit}${next}`)
    assert.equal(answer.status, 200, answer.text)
    pages.push(answer.body[of])
    next = answer.body.next_cursor === null ? '' : `&cursor=${encodeURIComponent(answer.body.next_cursor)}`
    await between()
  } while (next !== '' && pages.length < 100)
  return pages
}

const LISTS = [
  { path: '/v1/tokens', of: 'tokens', make: (name: string) => ({ name, scopes: ['audit:read'] }) },
  { path: '/v1/tenants', of: 'tenants', make: (name: string) => ({ name }) },
]
const idOf = ({ body }: Answer): string => body.id ?? body.tenant.id

for (const { path, of, make } of LISTS) {
  test(`the cursors of ${path} go through every row once, in one order, whatever the page`, async () => {
    const made: string[] = []
    for (let i = 0; i < 11; i++) made.push(idOf(await server.call('POST', path, make(`${of} ${i}`))))
    const [whole = []] = await walk(path, of, 500)
    assert.deepEqual(
      made.filter((id) => !whole.some((row) => row.id === id)),
      [],
    )
    for (const limit of [1, 3, 4, whole.length - 1, whole.length, whole.length + 1]) {
      const pages = await walk(path, of, limit)
      assert.deepEqual(pages.flat(), whole, `${limit} a page`)
      assert.equal(pages.length, Math.ceil(whole.length / limit), `${limit} a page`)
    }
  })

  test(`a row made while ${path} is walked through doubles and hides no other`, async () => {
    const [before = []] = await walk(path, of, 500)
    let extra = 0
    const rows = (
      await walk(path, of, 4, async () => {
        if (extra < 5) await server.call('POST', path, make(`${of} between ${extra++}`))
      })
    ).flat()
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length)
    assert.deepEqual(rows.slice(0, before.length), before)
  })

  test(`${path} refuses a cursor that is not its own, and a limit beyond what a page may hold`, async () => {
    for (const cursor of ['x', '%00', 'MjAyNi0wMS0wMVQwMDowMDowMC4wMDAwMDBaLzE'])
      assert.equal((await server.call('GET', `${path}?cursor=${cursor}`)).body.code, 'CURSOR_INVALID')
    for (const limit of ['0', '501', '-1', '1.5', 'x'])
      assert.equal((await server.call('GET', `${path}?limit=${limit}`)).status, 400)
  })
}
