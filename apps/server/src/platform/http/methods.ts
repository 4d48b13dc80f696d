import type { Route } from './route.ts'

/** Which methods each address takes, for whoever comes with another. */
export class Methods {
  readonly #of = new Map<string, { fits: RegExp; methods: Set<string> }>()

  constructor(routes: readonly Pick<Route, 'method' | 'path'>[]) {
    for (const { method, path } of routes) {
      const known = this.#of.get(path) ?? { fits: patternOf(path), methods: new Set() }
      known.methods.add(method)
      if (method === 'GET') known.methods.add('HEAD') // the framework answers it as well
      this.#of.set(path, known)
    }
  }

  /** Of an address as it was sent; none: nothing is there. */
  at(url: string): string[] {
    const [path = ''] = url.split('?', 1)
    const fitting = [...this.#of.values()].filter(({ fits }) => fits.test(path))
    return [...new Set(fitting.flatMap(({ methods }) => [...methods]))].sort()
  }
}

/** `:name` stands for one part of an address, `*` for the rest of it. */
function patternOf(path: string): RegExp {
  const parts = path.split(/(:\w+|\*)/).map((part) => {
    if (part === '*') return '.*'
    return part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`)
}
