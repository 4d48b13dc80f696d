import { Badge, Card, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Deeds } from '../components/deeds.tsx'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Moment } from '../components/moment.tsx'
import { QueryState } from '../components/query-state.tsx'
import { useMay, useMe } from '../identity/me.ts'
import { probity, queries } from '../platform/client.ts'
import { useText } from '../platform/text.tsx'
import type PeopleTexts from './messages.en.json'
import { factorsOfQuery } from './queries.ts'

export function PersonFactors({ id }: { id: string }) {
  const text = useText<typeof PeopleTexts>('people')
  const may = useMay()
  const me = useMe()
  const query = useQuery(factorsOfQuery(id))
  const [error, setError] = useState<unknown>(null)
  const factors = query.data?.factors ?? []
  return (
    <Card>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{text('factors')}</Title>
          {may('user:write') && me.id !== id && factors.length > 0 && (
            <Deeds
              deeds={[
                {
                  label: text('factors.reset'),
                  isDangerous: true,
                  confirm: { title: text('factors.reset_title'), hint: text('factors.reset_hint') },
                  run: () => probity.resetFactors(id),
                },
              ]}
              onDone={() => queries.invalidateQueries({ queryKey: ['people'] })}
              onError={setError}
            />
          )}
        </Group>
        {error !== null && <FailureNotice error={error} />}
        <QueryState query={query}>
          {factors.length === 0 && <Text c="dimmed">{text('factors.none')}</Text>}
          {factors.map((factor) => (
            <Group key={factor.id} gap="xs">
              <Badge>{text(`factor.${factor.kind}`)}</Badge>
              {factor.name !== null && <Text>{factor.name}</Text>}
              <Text c="dimmed" component="span">
                <Moment at={factor.created_at} />
              </Text>
            </Group>
          ))}
        </QueryState>
      </Stack>
    </Card>
  )
}
