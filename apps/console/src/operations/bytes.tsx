import { Amount } from '../components/amount.tsx'

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** A size in the unit in which it reads best (IEC 80000-13). */
export function Bytes({ of }: { of: number }) {
  const step = of < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(of) / 10))
  return (
    <>
      <Amount of={of / 1024 ** step} options={{ maximumFractionDigits: step === 0 ? 0 : 1 }} /> {UNITS[step]}
    </>
  )
}
