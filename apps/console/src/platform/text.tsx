import IntlMessageFormat from 'intl-messageformat'
import { createContext, type ReactNode, use, useContext, useMemo, useState } from 'react'

export const LOCALES = ['en', 'de'] as const
export type Locale = (typeof LOCALES)[number]

type Message = ConstructorParameters<typeof IntlMessageFormat>[0]
type Catalogue = Record<string, Message>
type Values = Record<string, string | number | Date | boolean | null>

const FILES = import.meta.glob<Catalogue>('../*/messages.*.json', { import: 'default' })
const STORED = 'probity-locale'
const loading = new Map<string, Promise<Catalogue>>()
const formats = new Map<string, IntlMessageFormat>()

const LocaleContext = createContext<{ locale: Locale; setLocale(locale: Locale): void }>({
  locale: 'en',
  setLocale() {},
})

/** The language of the browser, or the one that was chosen. */
export function TextProvider({ children }: { children: ReactNode }) {
  const [locale, setState] = useState(firstLocale)
  const value = useMemo(() => {
    document.documentElement.lang = locale
    return {
      locale,
      setLocale(chosen: Locale) {
        localStorage.setItem(STORED, chosen)
        setState(chosen)
      },
    }
  }, [locale])
  return <LocaleContext value={value}>{children}</LocaleContext>
}

export function useLocale() {
  return useContext(LocaleContext)
}

/** Texts of a part of the console, by their key; an ICU message takes values. Suspends until they are there. */
export function useText<Texts extends Record<string, string>>(
  part: string,
): (key: keyof Texts & string, values?: Values) => string {
  const { locale } = useLocale()
  const catalogue = use(catalogueOf(part, locale))
  return useMemo(
    () => (key, values) => {
      const message = catalogue[key]
      if (typeof message === 'string') return message
      if (message === undefined) throw new Error(`there is no text ${part}.${key}`)
      return formatOf(`${locale} ${part} ${key}`, message, locale).format(values) as string
    },
    [catalogue, locale, part],
  )
}

/** So that a page does not wait for its texts after its code. */
export function preloadTexts(part: string): Promise<unknown> {
  return catalogueOf(part, firstLocale())
}

function catalogueOf(part: string, locale: Locale): Promise<Catalogue> {
  const name = `../${part}/messages.${locale}.json`
  const known = loading.get(name)
  if (known) return known
  const file = FILES[name]
  if (!file) throw new Error(`there are no texts ${name}`)
  const loaded = file()
  loading.set(name, loaded)
  return loaded
}

function formatOf(key: string, message: Message, locale: Locale): IntlMessageFormat {
  const known = formats.get(key)
  if (known) return known
  const made = new IntlMessageFormat(message, locale)
  formats.set(key, made)
  return made
}

function firstLocale(): Locale {
  const wished = [localStorage.getItem(STORED), ...navigator.languages.map((one) => one.slice(0, 2))]
  return LOCALES.find((locale) => locale === wished.find((one) => LOCALES.includes(one as Locale))) ?? 'en'
}
