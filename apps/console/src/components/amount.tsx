import { useLocale } from '../platform/text.tsx'

/** A number as the language writes it. */
export function Amount({ of, options }: { of: number; options?: Intl.NumberFormatOptions }) {
  const { locale } = useLocale()
  return <span className="number">{new Intl.NumberFormat(locale, options).format(of)}</span>
}
