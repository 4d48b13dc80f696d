import '@mantine/notifications/styles.css'
import { Notifications } from '@mantine/notifications'

/** What is said in passing: that something is done. */
export function Notices() {
  return <Notifications position="bottom-right" />
}
