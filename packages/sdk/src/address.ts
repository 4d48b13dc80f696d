const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const IPV6_AND_ZONE = /^([\da-f:.]+)(?:%[\da-z.:-]+)?$/i
const GROUP = /^[\da-f]{1,4}$/i
const GROUPS = 8

/** Whether a text is an IPv4 or IPv6 address, and nothing else: no port, no brackets. In every runtime, as the server has it. */
export function isAddress(text: string): boolean {
  return IPV4.test(text) || isIpv6(text)
}

function isIpv6(text: string): boolean {
  const [before, after, ...more] = (IPV6_AND_ZONE.exec(text)?.[1] ?? '').split('::')
  if (before === undefined || more.length > 0) return false
  if (after === undefined) return groupsIn(before, true) === GROUPS
  const groups = groupsIn(before, false) + groupsIn(after, true)
  return groups < GROUPS // NaN is not
}

/** How many groups of 16 bits these are; the last two may be an IPv4 address. NaN: they are none. */
function groupsIn(text: string, isEnd: boolean): number {
  if (text === '') return 0
  const groups = text.split(':')
  const hasIpv4 = isEnd && IPV4.test(groups.at(-1) ?? '')
  const plain = hasIpv4 ? groups.slice(0, -1) : groups
  return plain.every((one) => GROUP.test(one)) ? plain.length + (hasIpv4 ? 2 : 0) : Number.NaN
}
