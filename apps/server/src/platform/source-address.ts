import { isIP } from 'node:net'

/** What counts as one source: an IPv4 address, or the /64 that an IPv6 address is of, which one subscriber has whole. */
export function sourceOf(address: string): string {
  const [bare = ''] = address
    .toLowerCase()
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .split('%')
  // Some proxies write the port too: it must not make each connection a source of its own.
  const mapped = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/.exec(bare)?.[1]
  if (mapped !== undefined || !bare.includes(':')) return mapped ?? bare
  const [head = [], tail] = bare.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const filled =
    tail === undefined ? head : [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return filled
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}

/** Whether a text is addresses and CIDR ranges with commas between. A range of everybody is none: it trusts each client. */
export function areProxies(text: string): boolean {
  return text.split(',').every((one) => {
    const [address = '', bits, ...more] = one.trim().split('/')
    const most = { 4: 32, 6: 128 }[isIP(address)] ?? 0
    return most > 0 && more.length === 0 && (bits === undefined || (/^[1-9]\d*$/.test(bits) && Number(bits) <= most))
  })
}
