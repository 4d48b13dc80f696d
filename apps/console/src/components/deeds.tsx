import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { Confirm } from './confirm.tsx'

export interface Deed {
  label: string
  /** Asked before, where it hurts; missing: it is done at once. */
  confirm?: { title: string; hint: string; name?: string }
  isDangerous?: boolean
  /** Throws what the server refuses; whoever shows the deeds shows it. */
  run(): Promise<unknown>
}

/** What can be done with a thing, as buttons; those that hurt ask first, by the name of the thing. */
export function Deeds({
  deeds,
  onDone,
  onError,
  size = 'sm',
}: {
  deeds: Deed[]
  onDone(): unknown
  onError(error: unknown): void
  size?: 'sm' | 'compact-sm'
}) {
  const [asked, setAsked] = useState<Deed | null>(null)
  const run = (deed: Deed) => deed.run().then(onDone, onError)
  return (
    <Group gap="xs" wrap="nowrap" justify="flex-end">
      {deeds.map((deed) => (
        <Button
          key={deed.label}
          size={size}
          variant={size === 'sm' ? 'default' : 'subtle'}
          {...(deed.isDangerous === true && { color: 'red', ...(size === 'sm' && { variant: 'light' }) })}
          onClick={() => (deed.confirm === undefined ? void run(deed) : setAsked(deed))}
        >
          {deed.label}
        </Button>
      ))}
      <Confirm
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={asked?.confirm?.title ?? ''}
        verb={asked?.label ?? ''}
        {...(asked?.confirm?.name !== undefined && { name: asked.confirm.name })}
        isDangerous={asked?.isDangerous === true}
        onConfirm={async () => {
          await asked?.run()
          await onDone()
        }}
      >
        {asked?.confirm?.hint}
      </Confirm>
    </Group>
  )
}
