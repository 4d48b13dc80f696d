import { Tooltip } from '@mantine/core'
import { useLocale } from '../platform/text.tsx'
import { exactTime, relativeTime } from '../platform/time.ts'

/** A time as people say it, with the exact one and its zone on hover; `exact` the other way around. */
export function Moment({ at, exact = false }: { at: string; exact?: boolean }) {
  const { locale } = useLocale()
  const date = new Date(at)
  const [shown, hidden] = exact
    ? [exactTime(date, locale), relativeTime(date, locale)]
    : [relativeTime(date, locale), exactTime(date, locale)]
  return (
    <Tooltip label={hidden}>
      <time dateTime={at} className="number" style={{ whiteSpace: 'nowrap' }}>
        {shown}
      </time>
    </Tooltip>
  )
}
