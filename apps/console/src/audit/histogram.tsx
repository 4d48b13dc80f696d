import { Button, Group, Skeleton, Text, useComputedColorScheme } from '@mantine/core'
import type { Histogram as Counts } from '@probity/contract'
import { useQuery } from '@tanstack/react-query'
import { BarChart } from 'echarts/charts'
import { AriaComponent, BrushComponent, GridComponent, TooltipComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'
import { Amount } from '../components/amount.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { useLocale, useText } from '../platform/text.tsx'
import { exactTime } from '../platform/time.ts'
import { type Filter, OUTCOMES } from './filter.ts'
import type AuditTexts from './messages.en.json'
import { histogramQuery } from './queries.ts'

echarts.use([BarChart, GridComponent, TooltipComponent, BrushComponent, AriaComponent, CanvasRenderer])

const COLOURS = { Success: '#3f9a7d', Failure: '#d9485f', Warning: '#e8890c', Information: '#7b8794' }
const HEIGHT = 96

interface HistogramProps {
  filter: Filter
  onRange(start: string, end: string): void
}

/** How many entries there are, by time: a stretch of it that is drawn over becomes part of the filter. */
export function Histogram({ filter, onRange }: HistogramProps) {
  const text = useText<typeof AuditTexts>('audit')
  const { locale } = useLocale()
  const scheme = useComputedColorScheme('light')
  const place = useRef<HTMLDivElement>(null)
  const query = useQuery(histogramQuery(filter))
  const counts = query.data
  const choose = useRef(onRange)
  choose.current = onRange
  useEffect(() => {
    if (place.current === null || counts === undefined) return
    const chart = echarts.init(place.current, scheme === 'dark' ? 'dark' : undefined)
    chart.setOption(optionOf(counts, locale))
    chart.dispatchAction({
      type: 'takeGlobalCursor',
      key: 'brush',
      brushOption: { brushType: 'lineX', brushMode: 'single' },
    })
    chart.on('brushEnd', (event) => {
      const [range] = (event as { areas: { coordRange: [number, number] }[] }).areas
      if (range) choose.current(...timesOf(counts, range.coordRange))
    })
    const resized = new ResizeObserver(() => chart.resize())
    resized.observe(place.current)
    return () => {
      resized.disconnect()
      chart.dispose()
    }
  }, [counts, scheme, locale])
  if (query.error) return <FailureNotice error={query.error} retry={() => void query.refetch()} />
  if (counts === undefined) return <Skeleton height={HEIGHT} />
  const total = OUTCOMES.reduce(
    (all, outcome) => all + counts.buckets.reduce((sum, bucket) => sum + bucket[outcome], 0),
    0,
  )
  if (total === 0) return null
  const last = counts.buckets.at(-1)
  return (
    <div>
      <div ref={place} style={{ height: HEIGHT }} role="img" aria-label={text('histogram', { count: total })} />
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {exactTime(new Date(counts.buckets[0]?.start_time ?? 0), locale)} —{' '}
          {exactTime(new Date(last?.start_time ?? 0), locale)}
        </Text>
        <Group gap="sm">
          {!counts.is_complete && (
            <Text size="xs" c="dimmed">
              {text('histogram.newest')} <Amount of={total} />
            </Text>
          )}
          {/* By keyboard what others draw over. */}
          <Button
            variant="subtle"
            size="compact-xs"
            onClick={() => onRange(...timesOf(counts, [counts.buckets.length / 2, counts.buckets.length - 1]))}
          >
            {text('histogram.newer_half')}
          </Button>
        </Group>
      </Group>
    </div>
  )
}

function timesOf({ buckets }: Counts, [from, to]: [number, number]): [string, string] {
  const first = buckets[Math.max(0, Math.round(from))]
  const after = buckets[Math.round(to) + 1]
  const length = Date.parse(buckets[1]?.start_time ?? '') - Date.parse(buckets[0]?.start_time ?? '')
  const end = after?.start_time ?? new Date(Date.parse(buckets.at(-1)?.start_time ?? '') + length + 1).toISOString()
  return [first?.start_time ?? '', end]
}

function optionOf({ buckets }: Counts, locale: string): echarts.EChartsCoreOption {
  return {
    backgroundColor: 'transparent',
    animation: false,
    aria: { enabled: false }, // the element around says it
    grid: { left: 0, right: 0, top: 4, bottom: 2 },
    tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, confine: true },
    brush: { xAxisIndex: 0, toolbox: [], throttleType: 'debounce', transformable: false },
    xAxis: {
      type: 'category',
      data: buckets.map(({ start_time }) => exactTime(new Date(start_time), locale)),
      axisLabel: { show: false },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: '#8a949c55' } },
    },
    yAxis: { type: 'value', show: false },
    series: OUTCOMES.map((outcome) => ({
      name: outcome,
      type: 'bar',
      stack: 'all',
      barCategoryGap: '12%',
      itemStyle: { color: COLOURS[outcome] },
      data: buckets.map((bucket) => bucket[outcome]),
    })),
  }
}
