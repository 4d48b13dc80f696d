/** What counts as one source: an IPv4 address, or the /64 that an IPv6 address is of, which one subscriber has whole. */
export function sourceOf(address: string): string {
  const [bare = ''] = address.toLowerCase().split('%')
  const mapped = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1]
  if (mapped !== undefined || !bare.includes(':')) return mapped ?? bare
  const [head = [], tail] = bare.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const filled =
    tail === undefined ? head : [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return filled
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
