import { promises, lookup as resolve } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Agent, fetch as undiciFetch } from 'undici'

const INSIDE = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  INSIDE.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  INSIDE.addSubnet(network, bits, 'ipv6')

const INSIDE_NAME = 'its name leads inside the server’s own network'

/** Whether an address is of the machine, the network around it, or no address of one host at all. */
export function isInside(address: string): boolean {
  const family = isIP(address)
  return family === 0 || INSIDE.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** What is not to be asked from here; the message says what an operator can do about it. */
export class NotAskedError extends Error {
  constructor(what: string) {
    super(`${what}; an operator allows it by PROBITY_IDENTITY_PROVIDERS_INSIDE=true at the next start`)
  }
}

const MOST_BYTES = 1_000_000
const MILLISECONDS = 10_000

/**
 * Asks servers that tenants name. Without `allowsInside` only over TLS and never at an address inside our own network,
 * looked at where the connection is made: a name that is resolved twice fools nobody. No redirect is followed.
 */
export class Outside {
  readonly allowsInside: boolean
  readonly #agent: Agent

  constructor(allowsInside: boolean) {
    this.allowsInside = allowsInside
    this.#agent = new Agent({
      connect: { lookup: allowsInside ? resolveAny : resolveOutside },
      maxResponseSize: MOST_BYTES,
      headersTimeout: MILLISECONDS,
      bodyTimeout: MILLISECONDS,
    })
  }

  /** What keeps a URL from being asked, as far as it can be told without resolving its name; null: nothing. */
  faultOf(url: string): string | null {
    const { protocol, hostname } = new URL(url)
    const literal = hostname.replace(/^\[(.*)\]$/, '$1')
    if (this.allowsInside) return null
    if (isIP(literal) !== 0 && isInside(literal)) return 'it lies inside the server’s own network'
    return protocol === 'http:' ? 'it is not reached over TLS (https)' : null
  }

  /** As `fetch`. Throws where the address is not to be asked, and after ten seconds. */
  readonly fetch = async (url: string, options: RequestInit = {}): Promise<Response> => {
    const fault = this.faultOf(url)
    if (fault !== null) throw new NotAskedError(fault)
    const asked = { ...options, redirect: 'manual', dispatcher: this.#agent, signal: AbortSignal.timeout(MILLISECONDS) }
    // The library's own types of the same standard.
    return (await undiciFetch(url, asked as Parameters<typeof undiciFetch>[1])) as unknown as Response
  }

  /** The address to connect to by another protocol than HTTP: looked at, and not resolved again. Throws for one that is not to be asked. */
  async addressOf(host: string): Promise<string> {
    if (isIP(host) === 0)
      return (await promises.lookup(host, { all: true }).then((all) => this.#outsideOf(all))).address
    return this.#outsideOf([{ address: host }]).address
  }

  #outsideOf(addresses: readonly { address: string }[]): { address: string } {
    const [first] = addresses
    if (!first || (!this.allowsInside && addresses.some(({ address }) => isInside(address))))
      throw new NotAskedError(INSIDE_NAME)
    return first
  }

  stop(): Promise<void> {
    return this.#agent.destroy()
  }
}

const resolveAny: LookupFunction = (name, options, done) => resolve(name, options, done)

const resolveOutside: LookupFunction = (name, options, done) =>
  resolve(name, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, '', 0)
    if (addresses.some(({ address }) => isInside(address))) return done(new NotAskedError(INSIDE_NAME), '', 0)
    if (options.all) return done(null, addresses)
    const [first] = addresses
    done(null, first?.address ?? '', first?.family)
  })
