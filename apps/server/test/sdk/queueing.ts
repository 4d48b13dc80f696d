// An application that queues events as fast as they are kept, and says which were: `URL TOKEN FOLDER NAME`. Killed by the test.
import { EventQueue, Probity } from '@probity/sdk'
import { FileSpool } from '@probity/sdk/node'

const [url = '', token = '', folder = '', name = ''] = process.argv.slice(2)
const client = new Probity({ url, token, retries: 0, timeoutMilliseconds: 2_000 })
const queue = new EventQueue({ client, spool: new FileSpool(folder), milliseconds: 20 })
for (let i = 0; ; i++) {
  await queue.add({ event_type: 'queue.tried', event_id: `${name}-${i}`, resource: `queued/${name}-${i}` })
  process.send?.(i)
}
