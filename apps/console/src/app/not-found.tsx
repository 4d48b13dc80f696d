import { Button } from '@mantine/core'
import { IconMapQuestion } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { EmptyState } from '../components/empty-state.tsx'
import { useText } from '../platform/text.tsx'
import type AppTexts from './messages.en.json'

export function NotFound() {
  const text = useText<typeof AppTexts>('app')
  return (
    <EmptyState
      icon={IconMapQuestion}
      title={text('not_found.title')}
      action={
        <Button component={Link} to="/" variant="default">
          {text('not_found.home')}
        </Button>
      }
    >
      {text('not_found.text')}
    </EmptyState>
  )
}
