import { IpAddress } from './value.ts'

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/
const V6 = /^([0-9a-fA-F:]+)(?:\/(\d{1,3}))?$/
const BITS = { 4: 32, 6: 128 } as const

/** Reads an address or a network in CIDR form; no IPv4 inside IPv6, no leading zeros in numbers. Null: it is none. */
export function readIp(text: string): IpAddress | null {
  const v4 = V4.exec(text)
  if (v4) {
    const octets = v4.slice(1, 5)
    if (octets.some((one) => Number(one) > 255 || hasLeadingZero(one))) return null
    return made(
      4,
      octets.reduce((bits, one) => bits * 256n + BigInt(one), 0n),
      v4[5],
    )
  }
  const v6 = V6.exec(text)
  const groups = v6 ? groupsOf(v6[1] ?? '') : null
  if (!groups) return null
  return made(
    6,
    groups.reduce((bits, one) => bits * 65_536n + BigInt(`0x${one}`), 0n),
    v6?.[2],
  )
}

/** Whether all of one network lies in another of the same family. */
export function isInRange(address: IpAddress, network: IpAddress): boolean {
  const host = BigInt(BITS[network.family] - network.prefix)
  const isSame = address.family === network.family && address.prefix >= network.prefix
  return isSame && address.bits >> host === network.bits >> host
}

const LOOPBACK = { 4: new IpAddress(4, 127n << 24n, 8), 6: new IpAddress(6, 1n, 128) }
const MULTICAST = { 4: new IpAddress(4, 224n << 24n, 4), 6: new IpAddress(6, 0xffn << 120n, 8) }

export function isLoopback(address: IpAddress): boolean {
  return isInRange(address, LOOPBACK[address.family])
}

export function isMulticast(address: IpAddress): boolean {
  return isInRange(address, MULTICAST[address.family])
}

function made(family: 4 | 6, bits: bigint, prefix: string | undefined): IpAddress | null {
  const most = BITS[family]
  if (prefix === undefined) return new IpAddress(family, bits, most)
  if (hasLeadingZero(prefix) || Number(prefix) > most) return null
  return new IpAddress(family, bits, Number(prefix))
}

// RFC 4291 §2.2: eight groups, or fewer with one `::`, which stands for one at least.
function groupsOf(text: string): string[] | null {
  const sides = text.split('::')
  if (sides.length > 2) return null
  const [head, tail] = sides.map((side) => (side === '' ? [] : side.split(':')))
  const groups = [...(head ?? []), ...(tail ?? [])]
  if (groups.some((one) => !/^[0-9a-fA-F]{1,4}$/.test(one))) return null
  if (!tail) return groups.length === 8 ? groups : null
  if (groups.length > 7) return null
  return [...(head ?? []), ...Array<string>(8 - groups.length).fill('0'), ...tail]
}

function hasLeadingZero(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0')
}
