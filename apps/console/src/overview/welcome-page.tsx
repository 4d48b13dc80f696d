import { Button, Group, Stack, Stepper, Text } from '@mantine/core'
import type { AuditEvent } from '@probity/contract'
import { IconMinus } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { FailureNotice } from '../components/failure-notice.tsx'
import { Page } from '../components/page.tsx'
import { addPasskey } from '../identity/passkey.ts'
import { IS_WITHOUT_NAME, PasskeyPlace } from '../identity/passkey-place.tsx'
import { useText } from '../platform/text.tsx'
import { FirstEvent } from './first-event.tsx'
import { FirstReceipt } from './first-receipt.tsx'
import type OverviewTexts from './messages.en.json'

/** The first three minutes: a passkey, an event, its receipt, and what becomes of it when a byte changes. */
export function WelcomePage() {
  const text = useText<typeof OverviewTexts>('overview')
  const [step, setStep] = useState(0)
  const [event, setEvent] = useState<AuditEvent | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [isMade, setMade] = useState(false)
  const makePasskey = () =>
    addPasskey('').then(() => {
      setMade(true)
      setStep(1)
    }, setError)
  return (
    <Page title={text('welcome.title')} description={text('welcome.description')} width={820}>
      <Stepper active={step} onStepClick={setStep} allowNextStepsSelect={false} size="sm">
        <Stepper.Step
          label={text('welcome.passkey')}
          {...(!isMade && { completedIcon: <IconMinus size={16} /> })}
          {...(!isMade && step > 0 && { description: text('welcome.skipped') })}
        >
          <Stack pt="md">
            <Text>{text('welcome.passkey_why')}</Text>
            {error !== null && <FailureNotice error={error} />}
            <PasskeyPlace />
            <Group>
              {!IS_WITHOUT_NAME && <Button onClick={() => void makePasskey()}>{text('welcome.passkey_make')}</Button>}
              <Button variant="default" onClick={() => setStep(1)}>
                {text('welcome.later')}
              </Button>
            </Group>
          </Stack>
        </Stepper.Step>
        <Stepper.Step label={text('welcome.event')}>
          <FirstEvent event={event} onEvent={setEvent} onNext={() => setStep(2)} />
        </Stepper.Step>
        <Stepper.Step label={text('welcome.receipt')}>
          {event !== null && <FirstReceipt event={event} onNext={() => setStep(3)} />}
        </Stepper.Step>
        <Stepper.Completed>
          <Stack pt="md">
            <Text>{text('welcome.done')}</Text>
            <Group>
              <Button component={Link} to="/">
                {text('welcome.overview')}
              </Button>
            </Group>
          </Stack>
        </Stepper.Completed>
      </Stepper>
    </Page>
  )
}
