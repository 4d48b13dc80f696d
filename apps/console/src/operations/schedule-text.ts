import { useText } from '../platform/text.tsx'
import type OperationsTexts from './messages.en.json'

/** When a job runs, in words; a schedule that has none stays as cron has it. */
export function useScheduleText(): (cron: string) => string {
  const text = useText<typeof OperationsTexts>('operations')
  return (cron) => {
    const [minute = '', hour = '', ...days] = cron.trim().split(/\s+/)
    if (days.join(' ') !== '* * *') return cron
    const every = /^\*\/(\d+)$/.exec(minute)?.[1]
    if (hour === '*' && minute === '*') return text('schedule.minutes', { count: 1 })
    if (hour === '*' && every !== undefined) return text('schedule.minutes', { count: Number(every) })
    if (!/^\d+$/.test(minute)) return cron
    if (hour === '*') return text('schedule.hourly', { minute: minute.padStart(2, '0') })
    if (!/^\d+$/.test(hour)) return cron
    return text('schedule.daily', { time: `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}` })
  }
}
